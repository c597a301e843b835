"""Programs that load rulesets of their own: nft and its service, firewalld, Docker."""

from __future__ import annotations

from ordeal import Ordeal
from scene import DB, WEB, Scene
from waiting import TimedOut, until

DOCKER_UP = 180.0
# What firewalld has to be told about workloads: what they send, and what is sent to them, is Margay's business.
TRUST = (
    "firewall-cmd -q --permanent --zone=trusted --add-interface=cali+",
    "firewall-cmd -q --permanent --new-policy workloads",
    "firewall-cmd -q --permanent --policy workloads --add-ingress-zone ANY",
    "firewall-cmd -q --permanent --policy workloads --add-egress-zone trusted",
    "firewall-cmd -q --permanent --policy workloads --set-target ACCEPT",
    "firewall-cmd -q --reload",
)
ADMIT = "iptables -I DOCKER-USER -i cali+ -j ACCEPT && iptables -I DOCKER-USER -o cali+ -j ACCEPT"


def flush(scene: Scene) -> None:
    """Everybody's tables are deleted, ours among them; ours come back at once and by themselves."""
    node = scene.node1
    with Ordeal(scene) as ordeal:
        waiting = "until nft list table inet margay >/dev/null 2>&1; do :; done"
        flushed = f"begun=$(date +%s%N); nft flush ruleset; {waiting}; echo $((($(date +%s%N) - begun) / 1000000))"
        ordeal.suffer("nft flush ruleset", f"({flushed}) >/run/flushed", lossless=True, limit=60)
        scene.report.note(f"the table was there again after {node.run('cat /run/flushed').stdout.strip()} ms")
        ordeal.suffer("systemctl restart nftables", "systemctl restart nftables", lossless=True)
        tables = node.must("nft list tables")
        scene.report.expect("the tables of the host's own ruleset stand beside ours", "inet filter" in tables, tables)
        node.must("systemctl stop nftables")
        ordeal.heal("systemctl stop nftables")


def firewalld(scene: Scene) -> None:
    """firewalld replaces its own table alone; its forward chain ends in a reject of what it was not told of."""
    node, report = scene.node1, scene.report
    with Ordeal(scene) as ordeal:
        node.must("systemctl start firewalld && firewall-cmd -q --state", 180)
        ordeal.heal("firewalld starts")
        reached = node.reaches(WEB, DB.ipv4)
        fate = "passes" if reached else "is rejected"
        report.note(f"with firewalld's defaults, what Margay allows {fate}")
        foreign_chain(scene, "firewalld", not reached)
        for command in TRUST:
            node.must(command, 120)
        ordeal.suffer("firewall-cmd --reload", "firewall-cmd -q --reload")
        ordeal.suffer("firewall-cmd --complete-reload", "firewall-cmd -q --complete-reload")
        ordeal.suffer("systemctl restart firewalld", "systemctl restart firewalld && firewall-cmd -q --state")
        passes = node.reaches(WEB, DB.ipv6) and scene.node2.reaches(DB, WEB.ipv4)
        report.expect("with workloads in its trusted zone, and a policy to it, both directions pass", passes)
        node.must("systemctl stop firewalld", 120)
        ordeal.heal("firewalld stops")


def docker(scene: Scene) -> None:
    """Docker drops what is forwarded and not its own, where it was the one who switched forwarding on."""
    node, report = scene.node1, scene.report
    with Ordeal(scene) as ordeal:
        node.must("systemctl stop margay && sysctl -q -w net.ipv4.ip_forward=0 && systemctl start docker", DOCKER_UP)
        policy = node.must("iptables -S FORWARD | head -n 1")
        node.must("systemctl start margay")
        node.await_active()
        ordeal.heal("Docker started before there was an endpoint")
        reached = node.reaches(WEB, DB.ipv4)
        report.expect(f"its forward chain drops what Margay allows ({policy})", "DROP" in policy and not reached)
        foreign_chain(scene, "FORWARD", True)
        node.must(ADMIT)
        ordeal.suffer("systemctl restart docker", "systemctl restart docker", limit=DOCKER_UP)
        report.expect("with two rules in DOCKER-USER both directions pass", scene.node2.reaches(DB, WEB.ipv4))
        node.must("systemctl stop docker.socket docker containerd", 120)
        # What Docker leaves behind when it ends still drops.
        node.must("nft delete table ip filter && nft delete table ip nat && ip link delete docker0")
        ordeal.heal("Docker stops")


def foreign_chain(scene: Scene, name: str, drops: bool) -> None:
    """Expects that a chain that drops what Margay accepts is named by `margay check` and `margay status`."""
    node = scene.node1

    def named() -> bool:
        return name in node.run("margay check").stdout and name in node.run("margay status").stdout

    try:
        found = bool(until("the chain is named", named, 30)) if drops else named()
    except TimedOut:
        found = False
    detail = node.run("margay check; margay status; nft list ruleset | grep -B2 -A9 'hook forward'")
    scene.report.expect(f"check and status {'name' if drops else 'do not name'} {name}", found == drops, detail)
