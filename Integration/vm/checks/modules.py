"""A kernel that lacks something that the ruleset needs."""

from __future__ import annotations

from collections.abc import Callable

from node import LIMIT, RESOURCES, Workload
from scene import WEB, Scene
from waiting import TimedOut, until

OTHER = Workload("other", "cali1other", "ca:fe:01:00:00:04", "10.65.1.4", "2001:db8:65:1::4")
BLOCK = "/etc/modprobe.d/checks.conf"
NAT = "nft_nat nft_chain_nat"
# 5.10 has one for each family, later kernels a common one.
LOG = "nft_log nf_log_syslog nf_log_ipv4 nf_log_ipv6 nf_log_common"


def missing(scene: Scene) -> None:
    """The agent says what is missing and what to do, and starts once it is there."""
    node, report = scene.node1, scene.report
    scene.workload(node, WEB)
    node.must("systemctl stop margay && margay cleanup")
    block = "".join(f"install {name} /bin/false\n" for name in NAT.split())
    node.guest.write(BLOCK, block)
    unloaded = node.run(f"modprobe -r {NAT}")
    report.expect("the modules can be taken away from a cleaned kernel", unloaded.ok, unloaded)
    started = node.run("timeout 60 systemctl start margay", 90)
    report.expect("systemctl start fails", not started.ok, node.journal())
    journal = node.journal()
    report.expect(
        "the journal names what is missing, and the remedy", "nft_chain_nat" in journal and "lacks" in journal, journal
    )
    state = node.service("ActiveState", "SubState")
    report.expect(
        f"the service is not active ({state['ActiveState']}, {state['SubState']})",
        state["ActiveState"] != "active",
        state,
    )
    report.expect(
        "nothing is programmed by halves", "margay" not in node.must("nft list tables"), node.run("nft list ruleset")
    )
    node.must(f"rm {BLOCK} && systemctl reset-failed margay; systemctl start margay")
    node.await_up(WEB.name)
    report.expect("with the modules back it starts", True)
    logging(scene)


def logging(scene: Scene) -> None:
    """A Log rule needs a module that the kernel loads by itself; without it the rule only counts and harms no other."""
    node, report = scene.node1, scene.report
    node.configure("90-modules", "resyncInterval: 10s\n")
    node.must("systemctl reload margay")
    node.run("for module in " + LOG + "; do modprobe -r $module; done")
    node.guest.write(BLOCK, "".join(f"install {name} /bin/false\n" for name in LOG.split()))
    profile = (
        "apiVersion: projectcalico.org/v3\nkind: Profile\nmetadata: {name: logging}\nspec: {egress: [{action: Log}]}\n"
    )
    good = node.must(f"cat {RESOURCES}/{WEB.name}.yaml")
    node.guest.write(f"{RESOURCES}/logging.yaml", profile)
    node.guest.write(f"{RESOURCES}/{WEB.name}.yaml", good.replace("[open]", "[logging, open]") + "\n")

    def troubled() -> str:
        """What is not as it should be with the endpoint whose rule it is; empty if nothing is."""
        found = node.endpoint(WEB.name)
        state, dataplane = found.get("state", "?"), node.status()["dataplane"]["state"]
        good = (state, dataplane) == ("up", "applied")
        return "" if good else f"endpoint {state} ({found.get('reason')}), dataplane {dataplane}"

    def notices() -> str:
        return " ".join(node.status()["dataplane"]["notices"])

    def lines() -> bool:
        """Whether the rule stands in the kernel with its log statement."""
        return "log prefix" in node.must("nft list chain inet margay profile-logging-egress")

    def comes(what: str, condition: Callable[[], bool], limit: float) -> bool:
        try:
            return bool(until(what, condition, limit))
        except TimedOut:
            return False

    report.expect(
        "without the module of a Log rule the status names the remedy",
        comes("the notice", lambda: "modprobe nf_log_syslog" in notices(), LIMIT),
        node.journal(),
    )
    up = comes("no trouble", lambda: not troubled(), LIMIT)
    report.expect("the rule only counts, and its endpoint is up", up and not lines(), troubled())
    report.expect(
        "margay version tells", "not available" in node.must("margay version"), node.run("margay version")
    )
    node.plug(OTHER)
    node.declare(OTHER)
    report.expect(
        "another endpoint, declared meanwhile, is programmed",
        comes("the other", lambda: node.endpoint(OTHER.name).get("state") == "up", LIMIT),
        node.journal(),
    )
    node.must(f"rm {BLOCK}")
    # The kernel loads the module by itself.
    report.expect("lines begin at a resync once the module is there", comes("lines", lines, LIMIT), node.journal())
    report.expect("the notice goes", "cannot log" not in notices() and not troubled(), notices())
    node.must(f"rm {RESOURCES}/logging.yaml")
    node.guest.write(f"{RESOURCES}/{WEB.name}.yaml", good + "\n")
    node.must(f"rm {RESOURCES}/{OTHER.name}.yaml /etc/margay/margay.d/90-modules.yaml && systemctl reload margay")
    node.await_up(WEB.name, LIMIT)
    report.expect("without that rule the endpoint is up again", not troubled(), node.journal())
