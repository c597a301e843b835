"""A guest with Margay on it: package, workloads, endpoints, status."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from guest import Guest
from waiting import until

PROVISION = "/srv/payload/provision"
RESOURCES = "/etc/margay/resources.d"
# Under emulation and beside other work an apply takes seconds; what hangs takes for ever.
LIMIT = 90.0
# `margay status -o json` without starting a process of 39 MB: asked over and over, that costs a busy machine most.
STATUS = (
    r"exec 3<>/dev/tcp/127.0.0.1/9099 && "
    r"printf 'GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3 && "
    r"timeout 20 sed '1,/^\r*$/d' <&3 || margay status -o json"
)


@dataclass(frozen=True)
class Workload:
    """A workload and its endpoint; `external4` and `external6` are empty for one without NAT."""

    name: str
    interface: str
    mac: str
    ipv4: str
    ipv6: str
    external4: str = ""
    external6: str = ""

    @property
    def words(self) -> str:
        """The arguments of workload.sh."""
        return f"{self.name} {self.interface} {self.mac} {self.ipv4} {self.ipv6}"


class Node:
    """One of the two nodes."""

    def __init__(self, guest: Guest, ipv4: str, ipv6: str, package: str) -> None:
        self.guest = guest
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.package = package
        self.run = guest.run
        self.must = guest.must
        self.install_begun = 0.0
        """The guest's clock when the installation began."""

    def settle(self, network: str) -> None:
        """What the first boot needs: the payload unpacked and the node's interfaces configured."""
        self.must("mkdir -p /srv/payload && tar -xf /dev/vda -C /srv/payload")
        self.guest.write("/etc/systemd/network/10-eth0.network", network)
        # Left to the kernel, as ifupdown leaves it: it takes router advertisements itself.
        self.guest.write("/etc/systemd/network/10-eth1.network", "[Match]\nName=eth1\n[Link]\nUnmanaged=yes\n")
        self.must("networkctl reload && networkctl reconfigure eth0")
        until(f"{self.guest.name} has {self.ipv4}", lambda: self.ipv4 in self.must("ip -br addr show eth0"), LIMIT)

    def install(self) -> None:
        """Installs the node's package."""
        self.install_begun = float(self.must("date +%s.%N"))
        self.must(f"{PROVISION}/install.sh /srv/payload/{self.package}", 300)

    def configure(self, name: str, text: str) -> None:
        """Writes a fragment of the configuration; it counts from the next start or reload."""
        self.guest.write(f"/etc/margay/margay.d/{name}.yaml", text)

    def plug(self, workload: Workload) -> None:
        """Makes the workload's namespace and interface."""
        self.must(f"{PROVISION}/workload.sh {workload.words}")

    def declare(self, workload: Workload) -> None:
        """Drops the workload's endpoint into the watched folder."""
        file = f"{RESOURCES}/{workload.name}.yaml"
        words = f"{workload.words} {workload.external4} {workload.external6}"
        temporary = f"{RESOURCES}/.{workload.name}.new"
        self.must(f"{PROVISION}/endpoint.sh {words} >{temporary} && mv {temporary} {file}")

    def add(self, workload: Workload) -> None:
        """A workload with its endpoint, programmed and read back."""
        self.must(f"cp -n {PROVISION}/profile.yaml {RESOURCES}/profile.yaml")
        self.plug(workload)
        self.declare(workload)
        self.await_up(workload.name)

    def status(self) -> dict[str, Any]:
        """The agent's report; empty while there is no agent to ask."""
        outcome = self.run(STATUS)
        try:
            report: dict[str, Any] = json.loads(outcome.stdout)
        except ValueError:
            return {}
        return report

    def endpoint(self, name: str) -> dict[str, Any]:
        """An endpoint's part of the report; empty if it has none."""
        endpoints = self.status().get("endpoints", [])
        return next((endpoint for endpoint in endpoints if endpoint["name"] == name), {})

    def drops(self, name: str, reason: str) -> int:
        """How many packets of an endpoint were dropped for a reason."""
        return int(self.endpoint(name).get("counters", {}).get("drops", {}).get(reason, 0))

    def await_up(self, name: str, limit: float = LIMIT) -> dict[str, Any]:
        """Returns an endpoint's report as soon as it says `up`."""

        def up() -> dict[str, Any]:
            found = self.endpoint(name)
            return found if found.get("state") == "up" else {}

        return until(f"endpoint {name} of {self.guest.name} is up", up, limit)

    def await_active(self, limit: float = LIMIT) -> None:
        """Returns when systemd calls the service active and the agent answers."""
        name = self.guest.name
        until(f"margay.service of {name} is active", lambda: self.run("systemctl is-active margay").ok, limit)
        until(f"the agent of {name} answers", lambda: self.status().get("ready", False), limit)

    def service(self, *names: str) -> dict[str, str]:
        """Properties of margay.service."""
        return self.guest.properties("margay.service", *names)

    def restarts(self) -> int:
        """How often systemd has restarted the service by itself."""
        return int(self.service("NRestarts")["NRestarts"])

    def journal(self, lines: int = 40) -> str:
        """The service's last messages of this boot."""
        return self.run(f"journalctl -b -u margay --no-pager -o cat -n {lines}").stdout

    def reaches(self, workload: Workload, address: str, options: str = "") -> bool:
        """Whether a workload's pings to an address are answered."""
        command = f"ip netns exec {workload.name} ping -n -q -c 3 -i 0.2 -W 2 {options} {address}"
        return self.run(command).ok
