"""The host's own network: its default route from router advertisements, and systemd-networkd beside Margay."""

from __future__ import annotations

from scene import WEB, Scene


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
