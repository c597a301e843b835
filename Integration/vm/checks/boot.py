"""A reboot: the rules stand before anybody can send, and everything comes back."""

from __future__ import annotations

from node import LIMIT, PROVISION
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


def reboot(scene: Scene) -> None:
    """Workloads that start with the network find the rules in place."""
    node, report = scene.node1, scene.report
    scene.pair()
    node.guest.write("/etc/systemd/system/early-workload.service", UNIT)
    node.must("systemctl daemon-reload && systemctl enable early-workload")
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
    until("the early workloads have sent", lambda: node.run("test -s /run/early-workload").ok, LIMIT)
    sent = dict(line.split() for line in node.must("cat /run/early-workload").splitlines())
    report.expect("at that time an interface that is none of ours gets through", int(sent["plain"]) > 0, sent)
    report.expect("one with a workload's name and no endpoint does not", sent["unknown"] == "0", sent)
    report.expect("an endpoint's interface with foreign addresses does not", sent["liar"] == "0", sent)
    node.must(
        "systemctl disable early-workload; rm /etc/systemd/system/early-workload.service; systemctl daemon-reload"
    )

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
