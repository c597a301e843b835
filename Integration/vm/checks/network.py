"""The host's own network: default routes by router advertisements, systemd-networkd, NetworkManager."""

from __future__ import annotations

from node import LIMIT
from ordeal import Ordeal
from scene import DB, WEB, Scene
from waiting import until

# The package's files that keep them away from workload interfaces.
NETWORKD = "/etc/systemd/networkd.conf.d/50-margay.conf"
MANAGER = "/etc/NetworkManager/conf.d/50-margay.conf"
GREEDY = "/etc/systemd/network/00-greedy.network"
OTHERS = "/etc/NetworkManager/conf.d/90-checks.conf"


def advertisements(scene: Scene) -> None:
    """A forwarding kernel ignores router advertisements unless accept_ra is 2, and drops what it has learned."""
    node, report = scene.node1, scene.report
    report.expect(
        "before: no forwarding, a default route by an advertisement",
        "default" in scene.route_before and scene.forwarding_before == "0",
        scene.route_before,
    )
    scene.workload(node, WEB)
    parameters = node.must("cat /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/ipv6/conf/eth1/accept_ra").split()
    report.expect(
        "an endpoint with IPv6 switches forwarding on, and accept_ra of the host's link to 2",
        parameters == ["1", "2"],
        parameters,
    )
    route = scene.router.default_route(node)
    report.expect("the default route is still there", "default" in route, node.must("ip -6 route"))
    route = scene.router.advertise(node, "2001:db8:ab::", 30)
    report.expect("a later advertisement is taken", "default" in route, node.must("ip -6 addr show eth1; ip -6 route"))


def networkd(scene: Scene) -> None:
    """networkd deletes routes that it does not know, unless it is told not to."""
    node, report = scene.node1, scene.report
    scene.pair()
    command = "ip route show proto 77; ip route show table local proto 77; ip -6 route show proto 77"
    before = node.must(command)
    report.expect(
        "there are routes of ours", WEB.ipv4 in before and WEB.ipv6 in before and "169.254.1.1" in before, before
    )
    dataplane = node.status()["dataplane"]["repairs"]
    node.must("systemctl restart systemd-networkd && networkctl reload && networkctl reconfigure eth0")
    node.must("for i in $(seq 50); do networkctl status eth0 | grep -q configured && break; sleep 0.2; done; sleep 1")
    after = node.must(command)
    report.expect(
        "after its restart all of them are there",
        sorted(after.splitlines()) == sorted(before.splitlines()),
        f"{before}\n---\n{after}",
    )
    repairs = node.status()["dataplane"]["repairs"] - dataplane
    report.expect("and the agent had nothing to repair", repairs == 0, f"{repairs} repairs\n{node.journal()}")
    report.expect(
        "it has not taken a workload's interface for its own",
        "unmanaged" in node.must(f"networkctl list --no-legend {WEB.interface}"),
        node.must("networkctl list"),
    )
    check = node.run("margay check")
    report.expect("margay check has nothing to complain about", check.ok, check)


def greedy(scene: Scene) -> None:
    """networkd without the package's files, told to configure workload interfaces: what it takes away comes back."""
    node = scene.node1
    with Ordeal(scene) as ordeal:
        node.guest.write(GREEDY, "[Match]\nName=cali*\n[Network]\nLinkLocalAddressing=ipv6\n")
        node.must(f"mv {NETWORKD} /var/tmp/")
        taken = f"networkctl list --no-legend {WEB.interface} | grep -v unmanaged"
        ordeal.suffer("networkctl reload", f"networkctl reload; timeout 60 sh -c 'until {taken}; do sleep 0.2; done'")
        ordeal.suffer("networkctl reconfigure", f"networkctl reconfigure {WEB.interface}; sleep 1")
        ordeal.suffer("systemctl restart systemd-networkd", "systemctl restart systemd-networkd; sleep 1")
        node.must(f"mv /var/tmp/{NETWORKD.rsplit('/', 1)[1]} {NETWORKD}; rm {GREEDY}")
        node.must("systemctl restart systemd-networkd; networkctl reload")
        ordeal.heal("with the package's files again")
    listed = f"networkctl list --no-legend {WEB.interface}"
    until("networkd lets go of it", lambda: "unmanaged" in node.must(listed), LIMIT)


def manager(scene: Scene) -> None:
    """NetworkManager leaves workload interfaces alone; made to manage one, what it takes away comes back."""
    node, report = scene.node1, scene.report
    with Ordeal(scene) as ordeal:
        # eth0 is systemd-networkd's: two that configure one link are somebody else's trouble. And the host's name, by
        # which the agent knows its endpoints, would become the one in /etc/hostname.
        own = "[main]\nhostname-mode=none\n[device-checks]\nmatch-device=interface-name:eth*\nmanaged=0\n"
        node.guest.write(OTHERS, own)
        for verb in ("start", "restart"):
            begun = f"systemctl {verb} NetworkManager && nm-online -s -q -t 60"
            ordeal.suffer(f"NetworkManager {verb}s", begun, lossless=True)
        states = node.must("nmcli -t -f DEVICE,STATE device")
        report.expect("workload interfaces are unmanaged", f"{WEB.interface}:unmanaged" in states, states)
        node.must(f"mv {MANAGER} /var/tmp/ && systemctl restart NetworkManager")
        managed = f"nmcli device set {WEB.interface} managed yes; sleep 5; nmcli -t -f DEVICE,STATE device"
        ordeal.suffer("nmcli device set managed yes", f"{managed} | grep -q {WEB.interface}:connect")
        ordeal.suffer("nmcli device reapply", f"nmcli device reapply {WEB.interface}")
        ordeal.suffer("nmcli device disconnect", f"nmcli device disconnect {WEB.interface}")
        report.expect("and in IPv6", node.reaches(WEB, DB.ipv6), ordeal.state())
        node.must(f"nmcli device set {WEB.interface} managed no; systemctl stop NetworkManager")
        node.must(f"mv /var/tmp/{MANAGER.rsplit('/', 1)[1]} {MANAGER}; rm {OTHERS}")
        ordeal.heal("NetworkManager stops")
