"""Debian's cloud kernels: which there are, how one is fetched, and where its parts are.

The cloud flavour is used because NVMe and ext4 are built into it, so that a guest boots without an initramfs.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from host import HostCommandFailed, run

LISTS_AGE = 24 * 3600.0


def mirror(label: str) -> str:
    """Where an archive is: `MARGAY_VM_MIRROR` and `MARGAY_VM_SECURITY_MIRROR`, or where this system has it from."""
    variable = "MARGAY_VM_SECURITY_MIRROR" if label == "Debian-Security" else "MARGAY_VM_MIRROR"
    if given := os.environ.get(variable):
        return given
    targets = ["--format", "$(REPO_URI)", f"Label: {label}", "Created-By: Packages"]
    found = run(["apt-get", "indextargets", *targets]).stdout
    if not found:
        raise RuntimeError(f"this system's apt has no source of {label}'s archive: name its address in {variable}")
    return found.splitlines()[0]


@dataclass(frozen=True)
class Series:
    """A kernel series by the name that `KERNELS` takes, and the Debian suites that carry it."""

    name: str
    suites: tuple[str, ...]
    package: str = "linux-image-cloud-amd64"

    @property
    def sources(self) -> str:
        """The lines for apt's sources."""
        signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
        uris = {suite: mirror("Debian-Security" if suite.endswith("-security") else "Debian") for suite in self.suites}
        return "".join(f"deb {signed} {uri} {suite} main\n" for suite, uri in uris.items())


ALL = (
    Series("5.10", ("bullseye-security",)),
    Series("6.1", ("bookworm", "bookworm-security")),
    Series("6.12", ("trixie", "trixie-security")),
    Series("newest", ("sid",)),
)


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel."""

    series: Series
    release: str
    """What `uname -r` says."""
    version: str
    """Version of the Debian package."""
    vmlinuz: Path
    modules: Path
    """The folder `lib/modules/<release>`."""


def named(names: str) -> list[Series]:
    """The series that a list such as `5.10 6.12`, or `all`, names, oldest first.

    Raises `ValueError` for a name that is none of theirs.
    """
    if names.split() == ["all"]:
        return list(ALL)
    known = [series.name for series in ALL]
    for name in names.split():
        if name not in known:
            raise ValueError(f"there is no kernel {name!r}: {', '.join(known)} or all")
    return [series for series in ALL if series.name in names.split()]


class Archive:
    """Some suites of Debian's archive, read by apt with lists of its own: the machine's sources stay as they are."""

    def __init__(self, folder: Path, series: Series) -> None:
        self.folder = folder
        for part in ("lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        (folder / "sources.list").write_text(series.sources)
        self.options = [
            word
            for option in (
                f"Dir::Etc::sourcelist={folder}/sources.list",
                "Dir::Etc::sourceparts=-",
                "Dir::Etc::preferencesparts=-",
                f"Dir::State={folder}",
                f"Dir::State::status={folder}/status",
                f"Dir::Cache={folder}/cache",
                "APT::Architecture=amd64",
                "APT::Architectures::=amd64",
                "Acquire::Languages=none",
                # The Release file of sid is renewed more often than mirrors are.
                "Acquire::Check-Valid-Until=false",
                "APT::Sandbox::User=root",
            )
            for word in ("-o", option)
        ]

    def update(self) -> None:
        """Fetches the lists unless they are fresh. Old lists serve when the mirror cannot be reached."""
        stamp = self.folder / "updated"
        if stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_AGE:
            return
        try:
            run(["apt-get", *self.options, "-qq", "update"])
        except HostCommandFailed:
            if not stamp.exists():
                raise
        stamp.touch()

    def fields(self, package: str) -> dict[str, str]:
        """The control fields of the newest version of a package."""
        text = run(["apt-cache", *self.options, "--no-all-versions", "show", package]).stdout
        return dict(re.findall(r"^([A-Za-z-]+): (.*)$", text, re.MULTILINE))

    def download(self, package: str, folder: Path) -> Path:
        """Fetches a package and returns its file."""
        run(["apt-get", *self.options, "-qq", "download", package], cwd=folder)
        return next(folder.glob(f"{package}_*.deb"))


def fetch(series: Series, cache: Path) -> Kernel:
    """The series' newest kernel, from `cache` if it is there."""
    archive = Archive(cache / "apt" / series.name, series)
    archive.update()
    # The metapackage leads to the image, and since 6.17 from there to the packages with the modules and the binary.
    packages: dict[str, str] = {}
    pending = [series.package]
    while pending:
        package = pending.pop()
        if package in packages:
            continue
        fields = archive.fields(package)
        packages[package] = fields["Version"]
        pending += re.findall(r"(?:^|, )(linux-(?:image|binary|modules)-[^ ,|]+)", fields.get("Depends", ""))
    image = next(name for name in packages if name.startswith("linux-image-") and name != series.package)
    version = packages[image]
    folder = cache / "kernels" / f"{image}_{version}"
    if not folder.exists():
        unpack(archive, [name for name in packages if name != series.package], folder)
    modules = next(path for path in [*folder.glob("lib/modules/*"), *folder.glob("usr/lib/modules/*")] if path.is_dir())
    vmlinuz = next(path for path in [*folder.glob("boot/vmlinuz-*"), modules / "vmlinuz"] if path.exists())
    return Kernel(series, modules.name, version, vmlinuz, modules)


def unpack(archive: Archive, packages: list[str], folder: Path) -> None:
    """Fetches and unpacks packages into `folder`, which is there complete or not at all."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for package in packages:
        file = archive.download(package, partial)
        run(["dpkg-deb", "-x", file, partial])
        file.unlink()
    partial.rename(folder)
