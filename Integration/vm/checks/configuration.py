"""The configuration while the agent runs: reload, an invalid file, stopping."""

from __future__ import annotations

from node import LIMIT, RESOURCES
from scene import DB, WEB, Scene
from waiting import until


def reload(scene: Scene) -> None:
    """SIGHUP reads the files again; what is wrong with them changes nothing."""
    node, report = scene.node1, scene.report
    scene.pair()
    pid = node.service("MainPID")["MainPID"]
    node.configure("20-reload", "nat: {excludedNetworks: [10.65.0.0/16, 2001:db8:65::/48, 192.0.2.77/32]}\n")
    outcome = node.run("systemctl reload margay")
    report.expect("systemctl reload succeeds", outcome.ok, f"{outcome}\n{node.journal()}")
    listed = "nft list set inet margay nat-excluded4 2>/dev/null || nft list table inet margay"
    until("the new value counts", lambda: "192.0.2.77" in node.must(listed), LIMIT)
    report.expect("a changed value counts from then on, in the same process", node.service("MainPID")["MainPID"] == pid)

    node.configure("20-reload", "nat: {excludedNetworks: [not-a-network]}\n")
    node.run("systemctl reload margay")
    until("the fault is told", lambda: "20-reload" in node.journal(), LIMIT)
    show = node.service("ActiveState", "MainPID")
    report.expect(
        "an invalid file is named in the journal, the agent goes on",
        show == {"ActiveState": "active", "MainPID": pid},
        show,
    )
    report.expect("with what it had", "192.0.2.77" in node.must(listed))
    node.must("rm /etc/margay/margay.d/20-reload.yaml && systemctl reload margay")
    until("the former value is back", lambda: "192.0.2.77" not in node.must(listed), LIMIT)

    rejected = node.must(f"sed 's/mac: .*/mac: nonsense/' {RESOURCES}/{WEB.name}.yaml")
    good = node.must(f"cat {RESOURCES}/{WEB.name}.yaml")
    node.guest.write(f"{RESOURCES}/{WEB.name}.yaml", rejected + "\n")
    until("the rejected edit is told", lambda: bool(node.status()["source"]["rejected"]), LIMIT)
    report.expect(
        "an invalid edit of an endpoint leaves it as it was",
        node.reaches(WEB, DB.ipv4) and node.endpoint(WEB.name)["state"] == "up",
    )
    node.guest.write(f"{RESOURCES}/{WEB.name}.yaml", good + "\n")
    stop(scene)


def stop(scene: Scene) -> None:
    """Stopping the service leaves the kernel as it is."""
    node, report = scene.node1, scene.report
    rules = "nft -s list ruleset | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/'"
    ruleset = f"{rules}; ip route show proto 77; ip -6 route show proto 77"
    before = node.must(ruleset)
    node.must("systemctl stop margay")
    state = node.service("ActiveState", "Result")
    report.expect(
        "systemctl stop ends it in good order", state == {"ActiveState": "inactive", "Result": "success"}, state
    )
    report.expect("rules and routes stay", node.must(ruleset) == before)
    report.expect("packets flow without it", node.reaches(WEB, DB.ipv4))
    gone = node.run("margay status")
    report.expect("margay status says that there is no agent (3)", gone.code == 3, gone)
    node.must("systemctl start margay")
    node.await_up(WEB.name)
