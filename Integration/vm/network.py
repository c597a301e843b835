"""The network of the guests: one namespace with a bridge and a tap for each guest, and one for a client beside them."""

from __future__ import annotations

import os
import subprocess
from typing import Any

from host import run


class Network:
    """One L2 for both guests and the client, and a second one that leads from node1 to a router.

    Everything is in namespaces of this run: the machine's own network sees nothing of it.
    """

    CLIENT4 = "192.0.2.100"
    CLIENT6 = "2001:db8::100"

    def __init__(self) -> None:
        self.switch = f"margay-vm-{os.getpid()}"
        self.client = f"{self.switch}-client"
        self.router = f"{self.switch}-router"

    def __enter__(self) -> Network:
        try:
            for namespace in (self.switch, self.client, self.router):
                run(["ip", "netns", "add", namespace])
                # An address whose duplicates are looked for cannot be used for a second.
                self.inside(namespace, "sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
                run(["ip", "-n", namespace, "link", "set", "lo", "up"])
            self.bridge("br0")
            self.bridge("br1")
            self.attach("br0", self.client)
            self.attach("br1", self.router)
            run(["ip", "-n", self.client, "addr", "add", f"{self.CLIENT4}/24", "dev", "eth0"])
            run(["ip", "-n", self.client, "addr", "add", f"{self.CLIENT6}/64", "dev", "eth0"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        for namespace in (self.router, self.client, self.switch):
            pids = run(["ip", "netns", "pids", namespace], check=False).stdout.split()
            if pids:
                run(["kill", "-9", *pids], check=False)
            run(["ip", "netns", "delete", namespace], check=False)

    def inside(self, namespace: str, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a command in one of the namespaces."""
        return run(["ip", "netns", "exec", namespace, *command], check=check)

    def bridge(self, name: str) -> None:
        """A bridge that forwards at once and keeps nothing from multicast receivers."""
        options = ["type", "bridge", "forward_delay", "0", "mcast_snooping", "0"]
        run(["ip", "-n", self.switch, "link", "add", name, *options])
        run(["ip", "-n", self.switch, "link", "set", name, "up"])

    def attach(self, bridge: str, namespace: str) -> None:
        """Leads a namespace's eth0 to a bridge."""
        port = f"{bridge}-port"
        peer = ["peer", "name", "eth0", "netns", namespace]
        run(["ip", "-n", self.switch, "link", "add", port, "type", "veth", *peer])
        run(["ip", "-n", self.switch, "link", "set", port, "master", bridge, "up"])
        run(["ip", "-n", namespace, "link", "set", "eth0", "up"])

    def tap(self, name: str, bridge: str) -> str:
        """A tap for a guest on a bridge."""
        run(["ip", "-n", self.switch, "tuntap", "add", name, "mode", "tap"])
        run(["ip", "-n", self.switch, "link", "set", name, "master", bridge, "up"])
        return name

    def from_client(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command as somebody outside the nodes, on their L2."""
        return self.inside(self.client, *command, check=False)
