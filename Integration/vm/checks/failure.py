"""A power cut: qemu is killed while the agent applies one change after the other."""

from __future__ import annotations

import re

from node import LIMIT, PROVISION, RESOURCES, Node
from scene import DB, WEB, Scene
from waiting import until

ENDPOINTS = 10
STORM = 5.0


def power_cut(scene: Scene) -> None:
    """After the next boot the kernel holds what the folder holds."""
    node, report = scene.node1, scene.report
    scene.pair()
    interfaces(node)
    applies = node.status()["dataplane"]["applies"]
    unit = "systemd-run --quiet --collect --unit storm"
    node.must(f"{unit} -- python3 {PROVISION}/storm.py {RESOURCES} $(uname -n) {ENDPOINTS}")
    until("the storm has begun", lambda: node.status()["dataplane"]["applies"] > applies + 3, LIMIT)
    node.must(f"sleep {STORM}")
    applied = node.status()["dataplane"]["applies"] - applies
    report.expect(f"the agent is in the middle of it ({applied} applies)", applied > 3)
    before = node.guest.boot_id
    scene.cut_power(node)
    report.expect(f"the guest has booted again ({node.guest.boot_id})", node.guest.boot_id != before)
    node.await_active()
    report.expect("the agent is ready", True)

    interfaces(node)
    for workload in scene.workloads(node):
        node.plug(workload)
    files = wanted(node)
    report.note(f"the folder holds {len(files)} of {ENDPOINTS} endpoints of the storm")
    for name in [WEB.name, *files]:
        node.await_up(name)
    known = {endpoint["name"] for endpoint in node.status()["endpoints"]}
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
    node.must(f"rm -f {RESOURCES}/storm-*.yaml; for i in $(seq 0 {ENDPOINTS - 1}); do ip link del cali1s$i; done")


def interfaces(node: Node) -> None:
    """An interface for each endpoint of the storm."""
    node.must(f"for i in $(seq 0 {ENDPOINTS - 1}); do ip link add cali1s$i type dummy && ip link set cali1s$i up; done")


def wanted(node: Node) -> dict[str, str]:
    """The address of each endpoint of the storm whose file is there, by its name."""
    lines = node.run(f"grep -H ipNetworks {RESOURCES}/storm-*.yaml").stdout
    return dict(re.findall(r"(storm-\d+)\.yaml: *ipNetworks: \[([0-9.]+)/32\]", lines))
