"""What becomes of a node while something else writes into its kernel: of its tables, what may pass, what may not."""

from __future__ import annotations

import re
import time
from types import TracebackType

from node import LIMIT
from scene import DB, LIAR, WEB, Scene
from traffic import Loss, Traffic
from waiting import TimedOut, until

# The agent compares everything once in an hour here: what is whole again before is so by the kernel's notification.
FRAGMENT = "90-ordeal"
# Marks what is sent under a stolen address: DSCP AF11, as ping's type of service.
MARK = "0x28"
COUNTER = (
    "add table ip lies; add counter ip lies leaked; "
    "add chain ip lies in { type filter hook prerouting priority -300; }; "
    "add rule ip lies in ip dscp af11 counter name leaked"
)


class Ordeal:
    """On node1: a flow that is allowed, and packets with a neighbour's address, counted where they would arrive."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.node = scene.node1
        self.peer = scene.node2
        self.report = scene.report
        self.traffic = Traffic(self.node, WEB, self.peer, DB)

    def __enter__(self) -> Ordeal:
        self.scene.pair()
        self.scene.workload(self.node, LIAR)
        self.node.configure(FRAGMENT, "resyncInterval: 1h\n")
        self.node.must("systemctl reload margay")
        # The ARP filter would refuse its question for the gateway already, so it is told.
        told = f"169.254.1.1 lladdr $(cat /sys/class/net/{LIAR.interface}/address) dev eth0 nud permanent"
        self.node.must(f"ip -n {LIAR.name} neigh replace {told}; ip -n {LIAR.name} addr replace {WEB.ipv4}/32 dev lo")
        self.peer.must(f"ip netns exec {DB.name} nft '{COUNTER}'")
        self.node.must(
            f"systemd-run --quiet --collect --unit flow-lies -- ip netns exec {LIAR.name} "
            f"ping -n -q -i 0.02 -Q {MARK} -I {WEB.ipv4} {DB.ipv4}"
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        # Nothing else is promised after a guest has broken down.
        self.node.run("systemctl stop flow-lies flow-ping flow-stream")
        self.node.run(f"ip -n {LIAR.name} addr del {WEB.ipv4}/32 dev lo; rm -f /etc/margay/margay.d/{FRAGMENT}.yaml")
        self.node.run("systemctl reload margay")
        self.peer.run(f"systemctl stop stream-server; ip netns exec {DB.name} nft delete table ip lies")

    def leaked(self) -> int:
        """How many of the packets with a stolen address have arrived since this was last asked."""
        listing = self.peer.must(f"ip netns exec {DB.name} nft reset counter ip lies leaked")
        found = re.search(r"packets (\d+)", listing)
        return int(found.group(1)) if found else -1

    def suffer(self, what: str, command: str, *, lossless: bool = False, limit: float = 240.0) -> None:
        """Runs a command beside both flows and says what it did and what has to be so again.

        With `lossless`, not one packet of the allowed flow may be lost.
        """
        repairs = self.node.status()["dataplane"]["repairs"]
        self.traffic.start()
        self.leaked()
        outcome = self.node.run(command, limit)
        self.report.expect(f"{what}: done", outcome.ok, outcome)
        self.heal(what)
        meanwhile = self.leaked()
        self.closed(f"{what}: a stolen address is of no use again ({meanwhile} packets got through meanwhile)")
        loss = self.traffic.stop()
        kept = loss.none if lossless else survived(loss)
        self.report.expect(f"{what}: the allowed flow goes on: {loss}", kept, self.state())
        dataplane = self.node.status()["dataplane"]
        count = dataplane["repairs"] - repairs
        latest = sorted(dataplane["lastRepairs"], key=lambda repair: str(repair["at"]), reverse=True)
        self.report.note(f"{what}: {count} repairs{writers(latest[:count])}")

    def heal(self, what: str) -> None:
        """Expects that everything is in the kernel again, soon."""
        begun = time.monotonic()
        try:
            until("margay check", lambda: self.node.run("margay check").ok, LIMIT)
            whole = True
        except TimedOut:
            whole = False
        self.report.expect(f"{what}: whole after {time.monotonic() - begun:.1f} s", whole, self.state())

    def closed(self, what: str) -> None:
        """Expects that packets with a stolen address are dropped, and counted as such."""
        before = self.node.drops(LIAR.name, "ip")
        self.node.must("sleep 1")
        after, leaked = self.node.drops(LIAR.name, "ip"), self.leaked()
        self.report.expect(what, leaked == 0 and after > before, f"{leaked} leaked, drops {before}, {after}")

    def state(self) -> str:
        """What a reader of a failure wants to see."""
        return str(self.node.run("margay check; ip route; nft list tables; journalctl -b -u margay -o cat -n 15"))


def survived(loss: Loss) -> bool:
    """Whether the stream came back whole; pings that found no way meanwhile are lost."""
    return loss.pings > 0 and loss.sent > 0 and loss.sent == loss.echoed


def writers(repairs: list[dict[str, str]]) -> str:
    """Who is said to have changed what was repaired, and how that came to be known."""
    told = {f"{repair.get('by') or 'somebody'}, by {repair.get('found', 'comparison')}" for repair in repairs}
    return f"; {'; '.join(sorted(told))}" if told else ""
