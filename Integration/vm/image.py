"""The guests' disks: a Debian root file system with a kernel's modules, made once and then only read."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from host import run
from kernels import Kernel, Series, fetch

SUITE = "bookworm"
PACKAGES = (
    # The system itself.
    "systemd-sysv", "udev", "dbus", "kmod", "procps", "iproute2", "iputils-ping", "qemu-guest-agent",
    # What margay's package depends on, so that apt installs it without a network.
    "libmnl0", "libnftnl11", "libyaml-0-2",
    # What the checks use.
    "nftables", "netcat-openbsd", "conntrack", "python3",
)  # fmt: skip

# Applied to the root file system inside mmdebstrap; part of the cache's key.
CUSTOMIZE = (
    'echo "/dev/nvme0n1 / ext4 defaults 0 1" >"$1/etc/fstab"',
    'chroot "$1" systemctl enable systemd-networkd serial-getty@ttyS1',
    'chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer '
    "e2scrub_all.timer e2scrub_reap.service systemd-networkd-wait-online.service "
    # Each costs seconds of a boot under emulation, and no check needs it.
    "systemd-logind.service getty@tty1.service systemd-binfmt.service systemd-update-utmp.service",
    'chroot "$1" passwd -d root',
    # The exclusions below are for the image; the package under test is installed whole.
    'rm -f "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap"',
    'mkdir -p "$1/var/log/journal" "$1/etc/systemd/system/serial-getty@ttyS1.service.d"',
    # The second serial line is for people (`run --keep`).
    r'printf "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --noclear %%I vt220\n" '
    '>"$1/etc/systemd/system/serial-getty@ttyS1.service.d/autologin.conf"',
    'rm -f "$1/etc/machine-id" && : >"$1/etc/machine-id"',
)


# Programs that write into the same kernel: none runs before a check starts it.
NEIGHBOURS = ("firewalld", "network-manager", "docker.io")
QUIET = (
    'chroot "$1" systemctl disable firewalld NetworkManager NetworkManager-dispatcher NetworkManager-wait-online '
    "docker.service docker.socket containerd wpa_supplicant",
    'chroot "$1" systemctl mask NetworkManager-wait-online',
)


@dataclass(frozen=True)
class Flavour:
    """What a guest's root file system is made of."""

    prefix: str
    """How the names of its files in the cache begin."""
    packages: tuple[str, ...]
    customize: tuple[str, ...]
    size: str

    @property
    def key(self) -> str:
        """Changes with all that makes the file system."""
        return hashlib.sha256("\n".join((SUITE, *sorted(self.packages), *self.customize)).encode()).hexdigest()[:12]


BASE = Flavour("", PACKAGES, CUSTOMIZE, "2G")
CROWDED = Flavour("crowded-", (*PACKAGES, *NEIGHBOURS), (*CUSTOMIZE, *QUIET), "3G")


class Cache:
    """A folder outside the source tree. What is in it can be deleted at any time that nothing runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @staticmethod
    def default() -> Cache:
        """`MARGAY_VM_CACHE`, or `margay-vm` in the user's cache folder."""
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Cache(Path(os.environ.get("MARGAY_VM_CACHE") or Path(home) / "margay-vm"))

    def prepare(self, series: Series, flavour: Flavour = BASE) -> tuple[Kernel, Path]:
        """The kernel of a series and the disk image that goes with it, made if they are not there."""
        with self.locked():
            kernel = fetch(series, self.folder)
            return kernel, self.disk(kernel, flavour)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps two runs from making the same thing."""
        with open(self.folder / "lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def root(self, flavour: Flavour) -> Path:
        """The root file system as a tar archive, named after all that makes it."""
        archive = self.folder / f"{flavour.prefix}root-{SUITE}-{flavour.key}.tar"
        if not archive.exists():
            partial = archive.with_suffix(".partial.tar")
            hooks = [f"--customize-hook={command}" for command in flavour.customize]
            include = f"--include={','.join(flavour.packages)}"
            slim = [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "locale", "info")]
            run(["mmdebstrap", "--variant=minbase", *slim, include, *hooks, SUITE, partial])
            partial.rename(archive)
            self.forget(f"{flavour.prefix}root-{SUITE}-*.tar", archive)
        return archive

    def disk(self, kernel: Kernel, flavour: Flavour) -> Path:
        """A raw ext4 image of the root file system and a kernel's modules."""
        root = self.root(flavour)
        name = f"disk-{kernel.series.name}-{kernel.release}-{kernel.version}-{flavour.key}.img"
        image = self.folder / f"{flavour.prefix}{name}"
        if not image.exists():
            partial = image.with_suffix(".partial")
            with tempfile.TemporaryDirectory(dir=self.folder, prefix="tree-") as folder:
                tree = Path(folder)
                run(["tar", "--xattrs", "--xattrs-include=*", "-xf", root, "-C", tree])
                shutil.copytree(kernel.modules, tree / "usr/lib/modules" / kernel.release, symlinks=True)
                run(["depmod", "-b", tree, kernel.release])
                run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, partial, flavour.size])
            partial.rename(image)
            self.forget(f"{flavour.prefix}disk-{kernel.series.name}-*.img", image)
        return image

    def forget(self, pattern: str, current: Path) -> None:
        """Deletes what an older key made."""
        for path in self.folder.glob(pattern):
            if path != current:
                path.unlink()
