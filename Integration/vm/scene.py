"""What all checks share: two nodes, their workloads, and a client outside them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from guest import Guest
from guest_agent import AgentError, AgentSilent
from network import Network
from node import Node, Workload
from report import Report
from router import Router

WEB = Workload("web", "cali1web", "ca:fe:01:00:00:02", "10.65.1.2", "2001:db8:65:1::2", "203.0.113.4", "2001:db8:cb::4")
LIAR = Workload("liar", "cali1liar", "ca:fe:01:00:00:03", "10.65.1.3", "2001:db8:65:1::3")
DB = Workload("db", "cali2db", "ca:fe:02:00:00:02", "10.65.2.2", "2001:db8:65:2::2")

# Workloads see each other's own addresses; everybody else sees the external one.
FRAGMENT = "nat:\n  excludedNetworks: [10.65.0.0/16, 2001:db8:65::/48]\n"


class Scene:
    """The nodes and the client. What a check needs from an earlier one is made here, if it has not been made."""

    def __init__(
        self, network: Network, node1: Node, node2: Node, report: Report, accelerator: str,
        taps: dict[Guest, list[str]], previous_remark: str,
    ) -> None:  # fmt: skip
        self.network = network
        self.node1 = node1
        self.node2 = node2
        self.report = report
        self.accelerator = accelerator
        self.taps = taps
        self.previous_remark = previous_remark
        self.router = Router(network)
        # Under emulation apt takes most of a minute. A guest's channel serves one thread at a time.
        self.pool = ThreadPoolExecutor(2)
        self.installations: dict[Node, Future[None]] = {}
        self.made: list[tuple[Node, Workload]] = []
        self.route_before = ""
        self.forwarding_before = ""

    def settle(self) -> None:
        """After the first boot: addresses, routes between the nodes, and a default route from router advertisements."""
        for node, other, number in ((self.node1, self.node2, 2), (self.node2, self.node1, 1)):
            routes = "".join(
                f"[Route]\nDestination={destination}\nGateway={gateway}\n"
                for destination, gateway in (
                    (f"10.65.{number}.0/24", other.ipv4),
                    (f"2001:db8:65:{number}::/64", other.ipv6),
                )
            )
            addresses = f"Address={node.ipv4}/24\nAddress={node.ipv6}/64\n"
            node.settle(f"[Match]\nName=eth0\n[Network]\n{addresses}IPv6AcceptRA=no\n{routes}")
        for number, node in ((1, self.node1), (2, self.node2)):
            self.client_route(f"10.65.{number}.0/24", node.ipv4)
            self.client_route(f"2001:db8:65:{number}::/64", node.ipv6)
        self.client_route("203.0.113.0/24", self.node1.ipv4)
        self.client_route("2001:db8:cb::/48", self.node1.ipv6)
        self.node1.must("ip link set eth1 up")
        self.route_before = self.router.advertise(self.node1)
        self.forwarding_before = self.node1.must("cat /proc/sys/net/ipv6/conf/all/forwarding")

    def client_route(self, destination: str, gateway: str) -> None:
        """What a router outside would know."""
        self.network.inside(self.network.client, "ip", "route", "add", destination, "via", gateway)

    def installed(self, node: Node) -> None:
        """The package on a node, with the fragment that the checks' addresses need.

        The first call begins with both nodes at once, and waits for this one.
        """
        for each in (self.node1, self.node2):
            if each not in self.installations:
                self.installations[each] = self.pool.submit(self.install, each)
        self.installations[node].result()

    @staticmethod
    def install(node: Node) -> None:
        """Installs the node's package, and waits for the agent."""
        node.configure("10-checks", FRAGMENT)
        node.install()
        node.await_active()

    def workload(self, node: Node, workload: Workload) -> None:
        """The package on a node, and on it a workload with its endpoint."""
        self.installed(node)
        if (node, workload) not in self.made:
            node.add(workload)
            self.made.append((node, workload))

    def workloads(self, node: Node) -> list[Workload]:
        """The workloads whose endpoints are on a node."""
        return [workload for place, workload in self.made if place is node]

    def pair(self) -> None:
        """One workload on each node, and routes between them."""
        self.workload(self.node1, WEB)
        self.workload(self.node2, DB)

    def cut_power(self, node: Node) -> None:
        """Kills a node's qemu, starts it again and waits until it has booted."""
        node.guest.cut_power()
        node.guest.start(self.network.switch, self.taps[node.guest], self.accelerator)
        node.guest.wait()

    def look(self) -> None:
        """Raises `GuestBroken` if one of the guests has ended or its kernel complains."""
        self.node1.guest.look()
        self.node2.guest.look()

    def journals(self) -> str:
        """What the agents said last; as much of it as can be had."""
        texts = []
        for node in (self.node1, self.node2):
            installation = self.installations.get(node)
            if installation is not None and not installation.done():
                continue
            try:
                texts.append(f"{node.guest.name}:\n{node.journal(15)}")
            except (AgentSilent, AgentError) as error:
                texts.append(f"{node.guest.name}: {error}")
        return "\n".join(texts)
