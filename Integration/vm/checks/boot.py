"""A reboot: the rules stand before anybody can send, and everything comes back."""

from __future__ import annotations

from node import LIMIT, PROVISION, Node
from scene import DB, WEB, Scene
from waiting import until

UNIT = f"""[Unit]
Description=Workloads that send as early as any may
DefaultDependencies=no
Wants=network-pre.target
After=network-pre.target
Before=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={PROVISION}/early-workload.sh /run/early-workload

[Install]
WantedBy=multi-user.target
"""


BROKEN = "/etc/systemd/system/margay.service.d/checks.conf"


def enable_early(node: Node) -> None:
    """From the next boot on, workloads send as early as any may."""
    node.guest.write("/etc/systemd/system/early-workload.service", UNIT)
    node.must("systemctl daemon-reload && systemctl enable early-workload")


def early(node: Node) -> dict[str, str]:
    """How many packets of each early workload got through in this boot; they are not sent in the next one."""
    until("the early workloads have sent", lambda: node.run("test -s /run/early-workload").ok, LIMIT)
    sent = dict(line.split() for line in node.must("cat /run/early-workload").splitlines())
    node.must(
        "systemctl disable early-workload; rm /etc/systemd/system/early-workload.service; systemctl daemon-reload"
    )
    return sent


def closed(scene: Scene, node: Node) -> None:
    """Expects that early workloads found nothing open in this boot."""
    sent, report = early(node), scene.report
    report.expect("at that time an interface that is none of ours gets through", int(sent["plain"]) > 0, sent)
    report.expect("one with a workload's name and no endpoint does not", sent["unknown"] == "0", sent)
    report.expect("an endpoint's interface with foreign addresses does not", sent["liar"] == "0", sent)


def guard(scene: Scene) -> None:
    """An agent that cannot start leaves workload interfaces closed; one that starts later opens them."""
    node, report = scene.node1, scene.report
    scene.pair()
    if not node.run("systemctl cat margay-guard.service").ok:
        report.note("this package has no margay-guard.service: without the agent nothing is closed")
        return
    enable_early(node)
    # Tried anew every second, as a start that fails is.
    node.guest.write(BROKEN, "[Service]\nExecStart=\nExecStart=/bin/false\n")
    node.guest.reboot()
    state = node.service("ActiveState", "NRestarts")
    report.expect(f"the service cannot start ({state['ActiveState']})", state["ActiveState"] != "active", state)
    closed(scene, node)
    network = until("node1 has its address", lambda: node.ipv4 in node.must("ip -br addr show eth0"), LIMIT)
    report.expect("the host has its network all the same", network)
    node.must(f"rm {BROKEN}; systemctl daemon-reload; systemctl reset-failed margay; systemctl start margay")
    node.await_active()
    for workload in scene.workloads(node):
        node.plug(workload)
    node.await_up(WEB.name)
    check = node.run("margay check")
    report.expect("once it can, all is as wanted", check.ok and node.reaches(WEB, DB.ipv4), check)


def reboot(scene: Scene) -> None:
    """Workloads that start with the network find the rules in place."""
    node, report = scene.node1, scene.report
    scene.pair()
    enable_early(node)
    before = node.guest.boot_id
    node.guest.reboot()
    report.expect(f"the guest has booted again ({node.guest.boot_id})", node.guest.boot_id != before)
    node.await_active()
    times = {
        unit: int(node.guest.properties(unit, f"{state}TimestampMonotonic")[f"{state}TimestampMonotonic"]) / 1e6
        for unit, state in (
            ("margay.service", "ActiveEnter"),
            ("network-pre.target", "ActiveEnter"),
            ("early-workload.service", "InactiveExit"),
            ("systemd-networkd.service", "ActiveEnter"),
        )
    }
    order = ", ".join(f"{unit} {time:.1f} s" for unit, time in times.items())
    report.expect(
        f"ready before the network is configured: {order}",
        0 < times["margay.service"] <= min(times["network-pre.target"], times["early-workload.service"]),
    )
    closed(scene, node)
    found = node.endpoint(WEB.name)
    report.expect("without its interface the endpoint is pending", found.get("state") == "pending", found)
    for workload in scene.workloads(node):
        node.plug(workload)
    node.await_up(WEB.name)
    report.expect("it is up when its interface appears", True)
    until("node1 has its address", lambda: node.ipv4 in node.must("ip -br addr show eth0"), LIMIT)
    report.expect(
        "packets flow between the nodes",
        node.reaches(WEB, DB.ipv4) and node.reaches(WEB, DB.ipv6),
        node.run("ip route; margay check"),
    )
    node.must("ip link set eth1 up")
    route = scene.router.advertise(node, "2001:db8:ac::", 30)
    detail = node.must("cat /proc/sys/net/ipv6/conf/eth1/accept_ra; ip -6 route")
    report.expect("the host takes router advertisements on its own link", "default" in route, detail)
    late_link(scene)


def late_link(scene: Scene) -> None:
    """A link whose driver comes late, as at a boot, finds forwarding on: its accept_ra is the kernel's default."""
    node = scene.node1
    driver = "/sys/bus/virtio/drivers/virtio_net"
    device = node.must("basename $(readlink -f /sys/class/net/eth1/device)")
    node.must(f"echo {device} >{driver}/unbind && echo {device} >{driver}/bind")
    until("eth1 is there again", lambda: node.run("ip link set eth1 up").ok, LIMIT)
    taken = "default" in scene.router.advertise(node, "2001:db8:ad::", 15)
    value = node.must("cat /proc/sys/net/ipv6/conf/eth1/accept_ra")
    result = "a default route" if taken else "no default route"
    scene.report.note(f"a link that appears while IPv6 is forwarded: accept_ra {value}, {result} from advertisements")
