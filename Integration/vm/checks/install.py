"""Installing the package and dropping the first file."""

from __future__ import annotations

import re
from datetime import datetime

from node import LIMIT, Node
from scene import WEB, Scene
from waiting import until

# By number, linux/capability.h: CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_NET_ADMIN, CAP_NET_RAW.
ALLOWED_CAPABILITIES = (1 << 0) | (1 << 1) | (1 << 12) | (1 << 13)
EXPOSURE_LIMIT = 3.0


def package(scene: Scene) -> None:
    """apt installs the package from its file alone, and the service runs as its unit says."""
    node, report = scene.node1, scene.report
    scene.installed(node)
    # At once, so that the time to the first verified apply is a person's.
    node.plug(WEB)
    node.must("cp -n /srv/payload/provision/profile.yaml /etc/margay/resources.d/")
    node.declare(WEB)
    show = node.service("ActiveState", "UnitFileState", "Type", "StatusText", "MainPID", "WatchdogUSec")
    report.expect("apt installs the file without a network", True)
    report.expect(
        "the service is active and enabled", (show["ActiveState"], show["UnitFileState"]) == ("active", "enabled"), show
    )
    report.expect(
        f"it is ready by its own word: {show['StatusText']!r}",
        show["Type"] == "notify" and bool(show["StatusText"]),
        show,
    )
    report.expect("a watchdog looks after it", show["WatchdogUSec"] not in ("0", "infinity"), show)
    hardening(scene, node, show["MainPID"])
    journal = node.journal(200)
    report.expect("its journal has no complaint", "Failed" not in journal and "error" not in journal.lower(), journal)
    files = node.run("test -s /etc/margay/margay.yaml && test -d /etc/margay/resources.d && margay config check")
    report.expect("the configuration that it brings is valid", files.ok, files)


def hardening(scene: Scene, node: Node, pid: str) -> None:
    """What the running process may do, as the kernel and systemd see it."""
    report = scene.report
    process = dict(re.findall(r"^(\w+):\s+(\S+)", node.must(f"cat /proc/{pid}/status"), re.MULTILINE))
    report.expect(
        "it cannot gain privileges, and its system calls are filtered",
        (process["NoNewPrivs"], process["Seccomp"]) == ("1", "2"),
        process,
    )
    capabilities = int(process["CapBnd"], 16)
    report.expect(
        f"its capabilities are bounded ({capabilities:#x})", capabilities & ~ALLOWED_CAPABILITIES == 0, process
    )
    analysis = node.must("systemd-analyze security --no-pager margay.service")
    exposure = re.search(r"Overall exposure level.*?([0-9.]+) ", analysis)
    level = float(exposure.group(1)) if exposure else 10.0
    report.expect(
        f"systemd-analyze security says {level} ({EXPOSURE_LIMIT} or better)", level <= EXPOSURE_LIMIT, analysis
    )


def endpoint(scene: Scene) -> None:
    """An interface and one file are enough."""
    node, report = scene.node1, scene.report
    scene.installed(node)
    if not node.endpoint(WEB.name):
        scene.workload(node, WEB)
    waited = node.run(f"margay wait {WEB.name} --timeout 60s", 90)
    report.expect("margay wait returns when the endpoint is up", waited.ok, waited)
    found = node.await_up(WEB.name)
    if (node, WEB) not in scene.made:
        scene.made.append((node, WEB))
    report.expect("margay status says up", found["state"] == "up", found)
    report.note(f"programmed {found.get('programmingSeconds', 0) * 1000:.1f} ms after it was known")
    for command in ("status", "check", "diff"):
        outcome = node.run(f"margay {command}")
        report.expect(f"margay {command} has nothing to complain about", outcome.ok, outcome)
    ping = node.run(f"ping -n -q -c 3 -i 0.2 -W 2 {WEB.ipv4} && ping -n -q -c 3 -i 0.2 -W 2 {WEB.ipv6}")
    report.expect("the host pings it in IPv4 and IPv6", ping.ok, ping)
    text = until("systemctl status counts it", lambda: counted(node), LIMIT)
    report.expect(f"systemctl status shows it: {text!r}", True)
    routes = node.must("ip route show proto margay; ip -6 route show proto margay")
    report.expect("ip(8) knows its routes by the protocol's name", WEB.ipv4 in routes and WEB.ipv6 in routes, routes)
    messages = node.run(f"journalctl -q -o cat MARGAY_ENDPOINT=default/{WEB.name}")
    report.expect("journalctl finds its messages by MARGAY_ENDPOINT", "changed state" in messages.stdout, messages)
    elapsed(scene, node)


def counted(node: Node) -> str:
    """What the service says of itself, once it says that an endpoint is up."""
    text = node.service("StatusText")["StatusText"]
    return text if re.search(r"\b1 endpoints? up\b", text) else ""


def elapsed(scene: Scene, node: Node) -> None:
    """How long it takes from the package to the first verified apply, and from start to READY."""
    show = node.service("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    start, ready = (int(value) / 1000 for value in show.values())
    scene.report.note(f"from the process's start to READY: {abs(ready - start):.0f} ms")
    programmed = datetime.fromisoformat(node.endpoint(WEB.name)["programmedAt"])
    scene.report.note(
        f"from `apt install` to the first verified apply: {programmed.timestamp() - node.install_begun:.1f} s"
    )
