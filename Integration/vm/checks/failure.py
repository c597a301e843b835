"""A power cut: qemu is killed while the agent applies one change after the other."""

from __future__ import annotations

import re

from checks.boot import closed, enable_early
from node import LIMIT, PROVISION, RESOURCES, Node
from scene import DB, WEB, Scene
from waiting import until

ENDPOINTS = 10
STORM = 5.0
# Where in the storm the power goes in the check that cuts it several times.
MOMENTS = (0.0, 0.7, 1.9, 3.1)
KEPT = "/var/lib/margay/last-good.yaml"
AWAY = "/etc/margay/away.d"
# Before the agent starts, its source is gone: what it knows then is what it had written down when the power went.
HIDE = f"""[Unit]
Description=Takes the agent's source away
DefaultDependencies=no
After=local-fs.target
Before=margay.service
ConditionPathExists=!{AWAY}

[Service]
Type=oneshot
ExecStart=/bin/mv {RESOURCES} {AWAY}

[Install]
WantedBy=multi-user.target
"""


def power_cut(scene: Scene) -> None:
    """Nothing is open at the next boot; what was written down last is whole, and the folder is what counts again."""
    scene.pair()
    enable_early(scene.node1)
    survive(scene, STORM, early=True)


def several_cuts(scene: Scene) -> None:
    """The same at other moments."""
    scene.pair()
    for moment in MOMENTS:
        survive(scene, moment)


def survive(scene: Scene, moment: float, early: bool = False) -> None:
    """A power cut, and a boot without the source where the agent writes down what it has accepted."""
    node, report = scene.node1, scene.report
    keeps = node.run(f"grep -q {KEPT} /etc/margay/margay.yaml").ok
    if keeps:
        until("the workload's endpoint is written down", lambda: node.run(f"grep -q {WEB.interface} {KEPT}").ok, LIMIT)
        node.guest.write("/etc/systemd/system/hide-source.service", HIDE)
        node.must("systemctl daemon-reload && systemctl enable hide-source && sync")
    else:
        report.note(f"this package keeps nothing in {KEPT}")
    cut(scene, moment)
    if early:
        closed(scene, node)
    if keeps:
        without_source(scene)
    node.await_active()
    report.expect("the agent is ready", True)
    restored(scene)
    node.must(f"rm -f {RESOURCES}/storm-*.yaml; for i in $(seq 0 {ENDPOINTS - 1}); do ip link del cali1s$i; done")


def without_source(scene: Scene) -> None:
    """Expects that the agent goes by what an earlier one has written down, then gives it its source back."""
    node, report = scene.node1, scene.report
    hidden = node.run(f"test -d {AWAY} && test ! -d {RESOURCES}")
    report.expect("its source is gone", hidden.ok, node.run("systemctl status hide-source"))
    for workload in scene.workloads(node):
        node.plug(workload)
    until("the workload is up", lambda: node.endpoint(WEB.name).get("state") == "up", LIMIT)
    known, source = names(node), node.status()["source"]
    report.expect(f"it goes by what was written down: {len(known)} endpoints, source {source['state']}", True)
    report.expect("packets flow by that", node.reaches(WEB, DB.ipv4), node.journal())
    report.expect("what was written down is whole", not node.run(f"ls {KEPT}.*").ok, node.journal())
    node.must(f"systemctl disable hide-source; mv {AWAY} {RESOURCES}")


def cut(scene: Scene, moment: float) -> None:
    """Cuts the power `moment` seconds into a storm of changes and boots again."""
    node, report = scene.node1, scene.report
    interfaces(node)
    applies = node.status()["dataplane"]["applies"]
    unit = "systemd-run --quiet --collect --unit storm"
    node.must(f"{unit} -- python3 {PROVISION}/storm.py {RESOURCES} $(uname -n) {ENDPOINTS}")
    until("the storm has begun", lambda: node.status()["dataplane"]["applies"] > applies + 3, LIMIT)
    node.must(f"sleep {moment}")
    applied = node.status()["dataplane"]["applies"] - applies
    report.expect(f"the agent is in the middle of it ({applied} applies)", applied > 3)
    before = node.guest.boot_id
    scene.cut_power(node)
    report.expect(f"the guest has booted again ({node.guest.boot_id})", node.guest.boot_id != before)


def restored(scene: Scene) -> None:
    """Expects that the kernel holds what the folder holds."""
    node, report = scene.node1, scene.report
    interfaces(node)
    for workload in scene.workloads(node):
        node.plug(workload)
    files = wanted(node)
    report.note(f"the folder holds {len(files)} of {ENDPOINTS} endpoints of the storm")
    for name in [WEB.name, *files]:
        node.await_up(name)
    known = names(node)
    report.expect(
        "the agent knows the folder's endpoints, and no other",
        known >= set(files) and not any(name.startswith("storm-") and name not in files for name in known),
        known,
    )
    programmed = {
        f"storm-{number}": address
        for address, number in re.findall(r"^(\S+) dev cali1s(\d+) ", node.must("ip route show proto 77"), re.MULTILINE)
    }
    report.expect("the kernel has the addresses that the files have", programmed == files, f"{files}\n{programmed}")
    check = node.run("margay check")
    report.expect("margay check has nothing to complain about", check.ok, check)
    report.expect("packets flow between the nodes", node.reaches(WEB, DB.ipv4) and node.reaches(WEB, DB.ipv6))


def names(node: Node) -> set[str]:
    """The endpoints that the agent knows."""
    return {endpoint["name"] for endpoint in node.status().get("endpoints", [])}


def interfaces(node: Node) -> None:
    """An interface for each endpoint of the storm, where there is none."""
    made = "ip link show cali1s$i >/dev/null 2>&1 || ip link add cali1s$i type dummy && ip link set cali1s$i up"
    node.must(f"for i in $(seq 0 {ENDPOINTS - 1}); do {made}; done")


def wanted(node: Node) -> dict[str, str]:
    """The address of each endpoint of the storm whose file is there, by its name."""
    lines = node.run(f"grep -H ipNetworks {RESOURCES}/storm-*.yaml").stdout
    return dict(re.findall(r"(storm-\d+)\.yaml: *ipNetworks: \[([0-9.]+)/32\]", lines))
