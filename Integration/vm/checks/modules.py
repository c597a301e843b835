"""A kernel that lacks something that the ruleset needs."""

from __future__ import annotations

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
    """A Log rule needs a module that the kernel loads by itself, and a refusal harms no other rule."""
    node, report = scene.node1, scene.report
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

    try:
        trouble = until("a trouble", troubled, 20)
    except TimedOut:
        trouble = "programmed all the same"
    report.note(f"a Log rule without its module: {trouble}")
    last = [line for line in node.journal().splitlines() if "error" in line.lower() or "refused" in line.lower()]
    report.note(f"the journal says: {last[-1] if last else 'nothing'}")
    node.plug(OTHER)
    node.declare(OTHER)
    try:
        node.await_up(OTHER.name, 30)
        other = True
    except TimedOut:
        other = False
    report.note(f"another endpoint, declared meanwhile, is {'programmed' if other else 'not programmed'}")
    node.must(f"rm {RESOURCES}/logging.yaml")
    node.guest.write(f"{RESOURCES}/{WEB.name}.yaml", good + "\n")
    node.must(f"rm {BLOCK} {RESOURCES}/{OTHER.name}.yaml")
    node.await_up(WEB.name, LIMIT)
    report.expect("without that rule the endpoint is up again", not troubled(), node.journal())
