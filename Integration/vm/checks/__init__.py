"""The checks, in the order in which they run: each leaves the nodes as the next one may expect them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checks import boot, configuration, control, failure, install, modules, network, packets, rulesets, upgrade
from scene import Scene


@dataclass(frozen=True)
class Check:
    """A name for `--only` and the report, a title for the table, and what it does."""

    name: str
    title: str
    run: Callable[[Scene], None]
    on_request: bool = False
    """Whether it takes long, or other programs than a plain system has: only named, or with all that are like it."""


ALL = (
    Check("install", "the package is installed, the hardened service is ready", install.package),
    Check("endpoint", "one file dropped, the endpoint is up", install.endpoint),
    Check("router", "IPv6 forwarding costs the host no default route", network.advertisements),
    Check("packets", "packets between workloads of two nodes and a client", packets.reach),
    Check("lies", "spoofed packets and unknown interfaces are closed", packets.lies),
    Check("restart", "restart, SIGKILL and a stuck agent under traffic", control.restart),
    Check("reload", "reload, invalid configuration, stop", configuration.reload),
    Check("flush", "nft flush ruleset and nftables.service: whole again, and closed", rulesets.flush),
    Check("networkd", "systemd-networkd restarts, our routes stay", network.networkd),
    Check("greedy", "systemd-networkd takes workload interfaces: whole again", network.greedy, on_request=True),
    Check("firewalld", "firewalld starts, reloads, restarts, ends", rulesets.firewalld, on_request=True),
    Check("manager", "NetworkManager starts, restarts, takes a workload interface", network.manager, on_request=True),
    Check("docker", "Docker starts, restarts, ends", rulesets.docker, on_request=True),
    Check("upgrade", "upgrade from a previous build under traffic", upgrade.upgrade),
    Check("reboot", "closed before workloads can send, up again after a reboot", boot.reboot),
    Check("guard", "closed though the agent cannot start", boot.guard),
    Check("power", "power cut during applies", failure.power_cut),
    Check("cuts", "power cuts at other moments, and no source at the boot", failure.several_cuts, on_request=True),
    Check("modules", "a kernel without a needed module", modules.missing),
    Check("remove", "removal keeps the kernel, purging cleans it", upgrade.remove),
)
