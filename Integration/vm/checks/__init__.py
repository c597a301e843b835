"""The checks, in the order in which they run: each leaves the nodes as the next one may expect them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checks import boot, configuration, control, failure, install, modules, network, packets, upgrade
from scene import Scene


@dataclass(frozen=True)
class Check:
    """A name for `--only` and the report, a title for the table, and what it does."""

    name: str
    title: str
    run: Callable[[Scene], None]


ALL = (
    Check("install", "the package is installed, the hardened service is ready", install.package),
    Check("endpoint", "one file dropped, the endpoint is up", install.endpoint),
    Check("router", "IPv6 forwarding costs the host no default route", network.advertisements),
    Check("packets", "packets between workloads of two nodes and a client", packets.reach),
    Check("lies", "spoofed packets and unknown interfaces are closed", packets.lies),
    Check("restart", "restart, SIGKILL and a stuck agent under traffic", control.restart),
    Check("reload", "reload, invalid configuration, stop", configuration.reload),
    Check("networkd", "systemd-networkd restarts, our routes stay", network.networkd),
    Check("upgrade", "upgrade from a previous build under traffic", upgrade.upgrade),
    Check("reboot", "closed before workloads can send, up again after a reboot", boot.reboot),
    Check("power", "power cut during applies", failure.power_cut),
    Check("modules", "a kernel without a needed module", modules.missing),
    Check("remove", "removal keeps the kernel, purging cleans it", upgrade.remove),
)
