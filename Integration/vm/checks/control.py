"""The agent's process: restart, SIGKILL, SIGSTOP and want of memory while packets flow."""

from __future__ import annotations

from checks.packets import be_honest, lie_about_mac
from node import LIMIT
from scene import DB, LIAR, WEB, Scene
from traffic import Traffic
from waiting import until

DROP_IN = "/run/systemd/system/margay.service.d/checks.conf"
WATCHDOG = 3


def restart(scene: Scene) -> None:
    """Whatever becomes of the agent, no packet is lost and systemd brings it back."""
    node, report = scene.node1, scene.report
    scene.pair()
    scene.workload(node, LIAR)
    counted = spoof_some(scene)
    traffic = Traffic(node, WEB, scene.node2, DB)
    traffic.start()

    before = node.service("MainPID")["MainPID"]
    node.must("systemctl restart margay")
    node.await_active()
    report.expect("systemctl restart starts another process", node.service("MainPID")["MainPID"] != before)

    restarts = node.restarts()
    node.must("systemctl kill --kill-whom=main -s KILL margay")
    until("systemd restarts the killed agent", lambda: node.restarts() > restarts, LIMIT)
    node.await_active()
    report.expect("killed, it is restarted by systemd", True)

    loss = traffic.stop()
    report.expect(f"nothing was lost: {loss}", loss.none, loss)
    kept = node.drops(LIAR.name, "mac")
    report.expect(f"the counters went on ({counted} drops, then {kept})", kept >= counted > 0)
    stuck(scene)
    starved(scene)
    check = node.run("margay check")
    report.expect("the kernel is as wanted", check.ok, check)


def stuck(scene: Scene) -> None:
    """An agent that does nothing any more, but is there, is what the watchdog is for."""
    node, report = scene.node1, scene.report
    node.guest.write(DROP_IN, f"[Service]\nWatchdogSec={WATCHDOG}s\n")
    node.must("systemctl daemon-reload && systemctl restart margay")
    node.await_active()
    traffic = Traffic(node, WEB, scene.node2, DB)
    traffic.start()
    node.must(f"sleep {WATCHDOG * 3}")
    report.expect(
        f"an agent that works is left alone by a watchdog of {WATCHDOG} s", node.restarts() == 0, node.journal()
    )
    node.must("systemctl kill --kill-whom=main -s STOP margay")
    until("the watchdog has the stuck agent restarted", lambda: node.restarts() > 0, LIMIT)
    node.await_active()
    report.expect("one that is stuck is killed and restarted", "watchdog" in node.journal(200).lower(), node.journal())
    loss = traffic.stop()
    report.expect(f"nothing was lost: {loss}", loss.none, loss)
    node.must(f"rm {DROP_IN} && systemctl daemon-reload && systemctl restart margay")
    node.await_active()


def starved(scene: Scene) -> None:
    """Where its control group's memory ends, the kernel kills the agent; it starts again once there is some."""
    node, report = scene.node1, scene.report
    traffic = Traffic(node, WEB, scene.node2, DB)
    traffic.start()
    restarts = node.restarts()
    # Less than the process needs to be at all, so that no start succeeds either.
    node.must("systemctl set-property --runtime margay.service MemoryMax=2M MemorySwapMax=0")
    node.run("margay status")
    until("it is killed", lambda: node.restarts() > restarts, LIMIT)
    node.must("systemctl set-property --runtime margay.service MemoryMax=infinity")
    until("the agent runs again", lambda: node.run("systemctl start margay").ok and node.status().get("ready"), LIMIT)
    told = "journalctl -b -o cat _SYSTEMD_UNIT=init.scope + SYSLOG_IDENTIFIER=systemd + _TRANSPORT=kernel | grep -i oom"
    outcome = node.run(told)
    report.expect("killed for want of memory, it starts once there is some", "margay" in outcome.stdout, outcome)
    loss = traffic.stop()
    report.expect(f"nothing was lost: {loss}", loss.none, loss)


def spoof_some(scene: Scene) -> int:
    """Makes sure that something is counted as dropped for its MAC, and returns how much."""
    lie_about_mac(scene.node1)
    scene.node1.reaches(LIAR, DB.ipv4)
    be_honest(scene.node1)
    return scene.node1.drops(LIAR.name, "mac")
