"""Traffic between two workloads that must not be interrupted: a ping every 20 ms, and a TCP stream."""

from __future__ import annotations

import re
from dataclasses import dataclass

from node import LIMIT, PROVISION, Node, Workload
from waiting import until

PORT = 7001
UNDER_WAY = 60
# Packets that wait together for a neighbour's address may clash in connection tracking, which drops the later one: what
# counts begins when both directions are known.
SETTLED = 10


@dataclass(frozen=True)
class Loss:
    """What the traffic suffered."""

    pings: int
    missing: list[int]
    """Which pings were not answered, by their sequence number."""
    sent: int
    echoed: int
    longest_gap: int

    @property
    def none(self) -> bool:
        """Whether every ping was answered and every message came back, and there were some."""
        return self.pings > 0 and not self.missing and self.sent > 0 and self.sent == self.echoed

    def __str__(self) -> str:
        lost = f"{len(self.missing)} lost" + (f" (from number {self.missing[0]} on)" if self.missing else "")
        stream = f"{self.sent} TCP messages, {self.sent - self.echoed} lost, longest gap {self.longest_gap} ms"
        return f"{self.pings} pings, {lost}; {stream}"


class Traffic:
    """Flows from a workload of one node to an address of a workload of another."""

    def __init__(self, node: Node, workload: Workload, peer: Node, target: Workload) -> None:
        self.node = node
        self.workload = workload
        self.peer = peer
        self.target = target

    def start(self) -> None:
        """Starts both flows and returns when packets of both have come back."""
        unit = "systemd-run --quiet --collect --unit"
        inside = f"ip netns exec {self.target.name}"
        self.peer.run(f"{unit} stream-server -- {inside} python3 {PROVISION}/stream.py serve {PORT}")
        until(
            "the stream's server listens", lambda: "LISTEN" in self.peer.must(f"{inside} ss -Hltn sport {PORT}"), LIMIT
        )
        inside = f"ip netns exec {self.workload.name}"
        self.node.must("rm -f /run/ping /run/stream")
        ping = f"ping -n -i 0.02 {self.target.ipv4}"
        self.node.must(f"{unit} flow-ping -p StandardOutput=truncate:/run/ping -- {inside} {ping}")
        stream = f"python3 {PROVISION}/stream.py send {self.target.ipv4} {PORT} /run/stream"
        self.node.must(f"{unit} flow-stream -- {inside} {stream}")
        until("pings are answered", lambda: f"icmp_seq={SETTLED} " in self.node.must("cat /run/ping"), LIMIT)
        established = f"{inside} ss -Htn state established dport {PORT}"
        until("the stream is connected", lambda: self.node.must(established), LIMIT)

    def stop(self) -> Loss:
        """Ends both flows and returns what they suffered."""
        # What was lost at the end shows only by what comes after it.
        self.node.must("sleep 1.5; systemctl kill --kill-whom=main -s INT flow-stream flow-ping")
        until("the flows end", lambda: not self.node.run("systemctl is-active flow-stream flow-ping").ok, LIMIT)
        pings = self.node.must("cat /run/ping")
        seen = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", pings)}
        last = max(seen, default=0)
        transmitted = re.search(r"(\d+) packets transmitted", pings)
        # ping's own count calls lost what was under way when it was stopped: on a busy machine dozens of packets.
        if not transmitted or int(transmitted.group(1)) - last > UNDER_WAY:
            last += UNDER_WAY
        missing = sorted(set(range(SETTLED, last + 1)) - seen)
        sent, echoed, gap = (int(word) for word in (self.node.run("cat /run/stream").stdout or "0 0 0").split())
        self.peer.run("systemctl stop stream-server")
        return Loss(last, missing, sent, echoed, gap)
