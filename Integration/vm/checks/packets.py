"""Packets between the workloads of both nodes, and a client outside them."""

from __future__ import annotations

import subprocess

from network import Network
from node import Node, Workload
from scene import DB, LIAR, WEB, Scene
from waiting import until


def reach(scene: Scene) -> None:
    """Who must reach whom, in both families."""
    report, node1, node2 = scene.report, scene.node1, scene.node2
    scene.pair()
    for family, address, back in (("IPv4", DB.ipv4, WEB.ipv4), ("IPv6", DB.ipv6, WEB.ipv6)):
        report.expect(
            f"{family}: a workload pings one on the other node",
            node1.reaches(WEB, address),
            node1.run("ip route; ip -6 route"),
        )
        report.expect(f"{family}: and that one pings it", node2.reaches(DB, back))
    client = ping(scene, WEB.ipv4) and ping(scene, WEB.ipv6)
    report.expect("the client pings a workload by its own addresses", client)
    client = ping(scene, WEB.external4) and ping(scene, WEB.external6)
    report.expect("the client pings it by its external addresses", client, node1.run("margay status -o wide"))
    for family, address, external in (
        ("IPv4", Network.CLIENT4, WEB.external4),
        ("IPv6", Network.CLIENT6, WEB.external6),
    ):
        seen = seen_by_client(scene, node1, WEB, address)
        report.expect(f"{family}: the client sees the workload's external address", external in seen, seen)
    seen = seen_by_client(scene, node2, DB, Network.CLIENT4)
    report.expect("one without an external address is seen by its own", DB.ipv4 in seen, seen)
    report.expect(
        "the gateways answer",
        node1.reaches(WEB, "169.254.1.1") or answered(node1, WEB),
        node1.run(f"ip -n {WEB.name} neigh"),
    )
    host = node1.reaches(WEB, node1.ipv4)
    report.expect("a workload does not reach its host (endpointToHost: drop)", not host)


def ping(scene: Scene, address: str) -> bool:
    """Whether the client's pings are answered."""
    return scene.network.from_client("ping", "-n", "-q", "-c", "3", "-i", "0.2", "-W", "2", address).returncode == 0


def answered(node: Node, workload: Workload) -> bool:
    """Whether the workload has learned its gateway's MAC address."""
    return "lladdr" in node.must(f"ip -n {workload.name} neigh show 169.254.1.1")


def seen_by_client(scene: Scene, node: Node, workload: Workload, address: str) -> str:
    """From which address a connection of a workload reaches the client, as the client's netcat says."""
    family = "-6" if ":" in address else "-4"
    listen = [
        "ip",
        "netns",
        "exec",
        scene.network.client,
        "timeout",
        "30",
        "nc",
        "-n",
        "-v",
        family,
        "-l",
        "-p",
        "7000",
    ]
    with subprocess.Popen(
        listen, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as listener:
        sockets = ("ss", "-Hltn", "sport", "7000")
        until("netcat listens", lambda: "LISTEN" in scene.network.from_client(*sockets).stdout, 30)
        connect = node.run(f"ip netns exec {workload.name} nc -n -w 5 {address} 7000 </dev/null")
        if not connect.ok:
            listener.kill()
        _, seen = listener.communicate(timeout=40)
    return seen if connect.ok else f"{connect}\n{seen}"


def lies(scene: Scene) -> None:
    """Packets with another's addresses, and those of an interface that nobody knows, do not leave."""
    report, node = scene.report, scene.node1
    scene.pair()
    scene.workload(node, LIAR)
    report.expect("an honest workload gets through", node.reaches(LIAR, DB.ipv4))
    before = node.drops(LIAR.name, "mac")
    lie_about_mac(node)
    report.expect(
        "with another MAC it does not", not node.reaches(LIAR, DB.ipv4) and not node.reaches(LIAR, Network.CLIENT4)
    )
    report.expect(
        "each packet is counted", node.drops(LIAR.name, "mac") >= before + 6, node.run("margay status -o wide")
    )
    be_honest(node)
    node.must(
        f"ip -n {LIAR.name} addr add {WEB.ipv4}/32 dev lo; ip -n {LIAR.name} addr add {WEB.ipv6}/128 dev lo nodad"
    )
    before = node.drops(LIAR.name, "ip")
    spoofed = node.reaches(LIAR, DB.ipv4, f"-I {WEB.ipv4}") or node.reaches(LIAR, DB.ipv6, f"-I {WEB.ipv6}")
    report.expect("with a neighbour's addresses it does not", not spoofed)
    report.expect(
        "each packet is counted", node.drops(LIAR.name, "ip") >= before + 6, node.run("margay status -o wide")
    )
    node.must(f"ip -n {LIAR.name} addr del {WEB.ipv4}/32 dev lo; ip -n {LIAR.name} addr del {WEB.ipv6}/128 dev lo")
    report.expect("honest again, it gets through", node.reaches(LIAR, DB.ipv4) and node.reaches(LIAR, DB.ipv6))
    rogue = Workload("rogue", "cali1rogue", "02:00:00:00:00:66", "10.65.1.66", "2001:db8:65:1::66")
    node.plug(rogue)
    node.must(f"ip route add {rogue.ipv4}/32 dev {rogue.interface}")
    report.expect(
        "an interface without an endpoint is closed",
        not node.reaches(rogue, Network.CLIENT4) and not node.reaches(rogue, WEB.ipv4),
    )
    node.must(f"ip netns delete {rogue.name}")


def lie_about_mac(node: Node) -> None:
    """From now on the workload sends with another MAC address than its endpoint's."""
    change_mac(node, "02:00:00:00:66:66")


def be_honest(node: Node) -> None:
    """The workload sends with its own MAC address again."""
    change_mac(node, LIAR.mac)


def change_mac(node: Node, mac: str) -> None:
    """A liar does not ask for its gateways, which the ARP filter would refuse already; so it is told their address."""
    told = "lladdr $(cat /sys/class/net/{0}/address) dev eth0 nud permanent".format(LIAR.interface)
    node.must(f"ip -n {LIAR.name} link set eth0 address {mac}")
    for gateway in ("169.254.1.1", "fe80::1"):
        node.must(f"ip -n {LIAR.name} neigh replace {gateway} {told}")
