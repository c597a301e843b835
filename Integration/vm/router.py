"""A router that advertises itself to node1's second interface (RFC 4861), without radvd."""

from __future__ import annotations

import sys

from network import Network
from node import LIMIT, Node
from waiting import TimedOut, until

# Sent from the router's namespace: type 134, hop limit 64, lifetime, then a prefix option with an address for all.
SENDER = """
import socket, struct, sys
lifetime, prefix = int(sys.argv[1]), socket.inet_pton(socket.AF_INET6, sys.argv[2])
link = socket.if_nametoindex("eth0")
sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, link)
head = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, lifetime, 0, 0)
option = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 86400, 14400, 0) + prefix
sock.sendto(head + option, ("ff02::1", 0, 0, link))
"""


class Router:
    """Advertises a default route and a prefix on the L2 of node1's eth1."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def send(self, prefix: str, lifetime: int = 1800) -> None:
        """Sends one advertisement."""
        self.network.inside(self.network.router, sys.executable, "-c", SENDER, str(lifetime), prefix)

    def advertise(self, node: Node, prefix: str = "2001:db8:aa::", limit: float = LIMIT) -> str:
        """Advertises until the node has an address of the prefix; returns its default route, "" if it takes none."""

        def taken() -> bool:
            self.send(prefix)
            return prefix.rstrip(":") in node.must("ip -6 -br addr show eth1")

        try:
            until("the advertisement is taken", taken, limit, 1.0)
        except TimedOut:
            return ""
        return self.default_route(node)

    def default_route(self, node: Node) -> str:
        """The default route that the node's kernel made of an advertisement."""
        return node.must("ip -6 route show default proto ra")
