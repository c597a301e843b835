"""The package's life: upgrade, removal, purging."""

from __future__ import annotations

from node import PROVISION
from scene import DB, WEB, Scene
from traffic import Traffic

CURRENT = "current.deb"
OURS = (
    "nft list tables; ip route show table all proto 77; ip -6 route show table all proto 77; "
    "ip neigh show nud permanent proto 77 2>/dev/null"
)


def upgrade(scene: Scene) -> None:
    """node2 runs the previous build; the current one is installed over it while packets flow."""
    node, report = scene.node2, scene.report
    scene.pair()
    query = "dpkg-query -W -f '${Version}' margay"
    before = node.must(query)
    was = node.service("MainPID")["MainPID"]
    traffic = Traffic(node, DB, scene.node1, WEB)
    traffic.start()
    installed = node.run(f"{PROVISION}/install.sh /srv/payload/{CURRENT}", 300)
    report.expect("apt installs it", installed.ok, installed)
    node.await_active()
    node.await_up(DB.name)
    loss = traffic.stop()
    after = node.must(query)
    report.expect(f"from {before} to {after}{scene.previous_remark}", before != after)
    report.expect("the new agent runs", node.service("MainPID")["MainPID"] != was, node.journal())
    version = node.must("margay version")
    report.expect(f"margay version: {version.splitlines()[0]}", bool(version))
    report.expect(f"nothing was lost: {loss}", loss.none, loss)
    check = node.run("margay check")
    report.expect("margay check has nothing to complain about", check.ok, check)


def remove(scene: Scene) -> None:
    """Removal keeps what is in the kernel, for workloads still run; purging is for good."""
    node, report = scene.node2, scene.report
    scene.pair()
    before = node.must(OURS)
    traffic = Traffic(node, DB, scene.node1, WEB)
    traffic.start()
    removed = node.run("DEBIAN_FRONTEND=noninteractive apt-get remove -y margay", 300)
    loss = traffic.stop()
    report.expect("apt removes it", removed.ok and not node.run("command -v margay").ok, removed)
    report.expect("no agent runs", not node.run("pgrep -x margay").ok, node.run("pgrep -ax margay"))
    report.expect("tables and routes stay", "margay" in before and node.must(OURS) == before, before)
    report.expect(f"nothing was lost: {loss}", loss.none, loss)
    purged = node.run("DEBIAN_FRONTEND=noninteractive apt-get purge -y margay", 300)
    report.expect("apt purges it", purged.ok, purged)
    report.expect("the kernel is clean", not node.must(OURS), node.run(OURS))
    report.expect("its configuration is gone", not node.run("test -e /etc/margay/margay.yaml").ok)
