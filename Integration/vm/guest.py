"""A virtual machine: one qemu process, its disk overlay, its console and its guest agent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from guest_agent import AgentError, AgentSilent, GuestAgent, Outcome
from host import run
from kernels import Kernel

BOOT_LIMIT = 240.0
ARGUMENTS = "root=/dev/nvme0n1 rw console=ttyS0 net.ifnames=0 quiet systemd.show_status=false mitigations=off panic=-1"
DISASTERS = re.compile(r"Kernel panic|Oops:|BUG: |double fault|general protection fault|EXT4-fs error")


class GuestBroken(Exception):
    """The virtual machine ended, its kernel panicked, or it does not boot."""


class CommandFailed(Exception):
    """A command in a guest had another exit code than 0."""


class Guest:
    """A guest named `name` on the interfaces `taps` of the network namespace `namespace`.

    Its disk is a sparse copy of `image`, which stays as it is. Guests sync often, which costs a busy machine minutes,
    so qemu passes no flush on; a raw file still has every write that the guest was told is done when qemu is killed. A
    qcow2 overlay would not: its tables are in qemu's memory. `payload` is a tar archive that the guest reads from its
    second disk. `serial` numbers the guests of a run: MAC addresses are made of it.
    """

    def __init__(self, name: str, serial: int, work: Path, kernel: Kernel, image: Path, payload: Path) -> None:
        self.name = name
        self.serial = serial
        self.kernel = kernel
        self.payload = payload
        self.work = work
        self.disk = work / f"{name}.img"
        self.console = work / f"{name}.console"
        self.agent = GuestAgent(work / f"{name}.agent")
        self.terminal = work / f"{name}.terminal"
        self.process: subprocess.Popen[bytes] | None = None
        self.boot_id = ""
        self.boots = 0
        run(["cp", "--sparse=always", "--reflink=auto", image, self.disk])

    def command(self, taps: list[str], accelerator: str) -> list[str]:
        """qemu's command line."""
        words = ["qemu-system-x86_64", "-name", self.name, "-machine", "pc", "-accel", accelerator]
        words += ["-cpu", "host" if accelerator.startswith("kvm") else "max"]
        words += ["-smp", "2", "-m", "512", "-nodefaults", "-display", "none", "-no-user-config"]
        words += ["-kernel", str(self.kernel.vmlinuz), "-append", f"{ARGUMENTS} systemd.hostname={self.name}"]
        words += [
            "-drive",
            f"file={self.disk},if=none,id=root,format=raw,cache=unsafe",
            "-device",
            "nvme,drive=root,serial=root",
        ]
        words += ["-drive", f"file={self.payload},if=none,id=payload,format=raw,readonly=on"]
        # On another bus: from 6.12 on, which of two NVMe disks is the first is chance, and the root must be.
        words += ["-device", "virtio-blk-pci,drive=payload"]
        words += ["-chardev", f"file,id=console,path={self.console},append=on", "-serial", "chardev:console"]
        words += ["-serial", f"unix:{self.terminal},server=on,wait=off"]
        words += ["-chardev", f"socket,id=agent,path={self.agent.path},server=on,wait=off"]
        words += ["-device", "virtio-serial", "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"]
        words += ["-device", "virtio-rng-pci"]
        for number, tap in enumerate(taps):
            mac = f"52:54:00:00:{number:02x}:{self.serial:02x}"
            words += ["-netdev", f"tap,id=net{number},ifname={tap},script=no,downscript=no"]
            words += ["-device", f"virtio-net-pci,netdev=net{number},mac={mac},romfile="]
        return words

    def start(self, namespace: str, taps: list[str], accelerator: str) -> None:
        """Starts qemu inside a network namespace. Follow it with `wait`."""
        self.boots += 1
        log = open(self.work / f"{self.name}.qemu", "ab")
        with log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", namespace, *self.command(taps, accelerator)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def wait(self, limit: float = BOOT_LIMIT) -> None:
        """Returns when the guest has booted, and not with the boot before this one. Raises `GuestBroken`."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            self.look()
            try:
                self.agent.synchronize(2.0)
                boot_id = self.agent.execute("cat /proc/sys/kernel/random/boot_id", 20.0).stdout.strip()
            except (AgentSilent, AgentError):
                # Not there yet, or on its way down: a new agent does not know the old one's processes.
                time.sleep(0.2)
                continue
            if boot_id and boot_id != self.boot_id:
                self.boot_id = boot_id
                return
            time.sleep(0.5)
        raise GuestBroken(f"{self.name} has not booted within {limit:g} s\n{self.tail()}")

    def look(self) -> None:
        """Raises `GuestBroken` if qemu has ended or the kernel's console tells of a disaster."""
        disaster = DISASTERS.search(self.console.read_text(errors="replace") if self.console.exists() else "")
        if disaster:
            raise GuestBroken(f"{self.name}: {disaster.group()} on the console\n{self.tail()}")
        if self.process is None or self.process.poll() is not None:
            log = (self.work / f"{self.name}.qemu").read_text(errors="replace")[-2000:]
            raise GuestBroken(f"{self.name}: qemu has ended\n{log}\n{self.tail()}")

    def tail(self) -> str:
        """The end of the console."""
        return self.console.read_text(errors="replace")[-3000:] if self.console.exists() else "(no console)"

    def run(self, command: str, limit: float = 120.0, text: str = "") -> Outcome:
        """Runs a shell command as root and returns what it came to."""
        try:
            return self.agent.execute(command, limit, text)
        except AgentSilent:
            self.look()
            raise

    def must(self, command: str, limit: float = 120.0, text: str = "") -> str:
        """Runs a shell command and returns its output. Raises `CommandFailed`."""
        outcome = self.run(command, limit, text)
        if not outcome.ok:
            raise CommandFailed(f"{self.name}: {outcome}")
        return outcome.stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Makes a file, whole or not at all."""
        folder, name = os.path.split(path)
        temporary = f"{folder}/.{name}.new"
        self.must(f"mkdir -p {folder} && cat >{temporary} && mv {temporary} {path}", text=text or "\n")

    def properties(self, unit: str, *names: str) -> dict[str, str]:
        """Properties of a systemd unit."""
        lines = self.must(f"systemctl show {unit} -p {','.join(names)}").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def reboot(self) -> None:
        """Reboots in good order and waits."""
        # The agent may end before it can tell what the command came to.
        self.agent.ask("guest-exec", path="/bin/systemctl", arg=["--no-block", "reboot"])
        self.wait()

    def cut_power(self) -> None:
        """Kills qemu: what the guest has not synced is lost."""
        if self.process is not None:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
        self.agent.close()

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: Any) -> None:
        self.cut_power()
