"""The packages under test, and the archive that carries them into the guests."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from host import run

CURRENT = "current.deb"
PREVIOUS = "previous.deb"
TOP = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Packages:
    """What the guests get."""

    payload: Path
    """A tar archive with both packages and the provisioning scripts."""
    remark: str
    """Where the previous build comes from, if that has to be said."""


def collect(current: Path | None, previous: Path | None, work: Path) -> Packages:
    """Puts the packages into an archive. Raises `FileNotFoundError` if there is none."""
    package = current or variable("MARGAY_DEB") or newest()
    earlier = previous or variable("MARGAY_PREVIOUS_DEB")
    folder = work / "payload"
    folder.mkdir()
    shutil.copy(package, folder / CURRENT)
    remark = ""
    if earlier:
        shutil.copy(earlier, folder / PREVIOUS)
    else:
        repack(package, work / "repacked", folder / PREVIOUS)
        remark = ", the same build repacked under a lower version"
    shutil.copytree(TOP / "Integration/vm/provision", folder / "provision")
    payload = work / "payload.tar"
    run(["tar", "-cf", payload, "-C", folder, "."])
    shutil.rmtree(folder)
    return Packages(payload, remark)


def variable(name: str) -> Path | None:
    """A path from the environment."""
    value = os.environ.get(name)
    return Path(value) if value else None


def newest() -> Path:
    """The package that scripts/deb made last."""
    files = sorted((TOP / "dist").glob("margay_*.deb"), key=lambda path: path.stat().st_mtime)
    if not files:
        raise FileNotFoundError("there is no package in dist/: make deb, or give MARGAY_DEB")
    return files[-1]


def repack(package: Path, folder: Path, result: Path) -> None:
    """The same package under a version that is lower."""
    run(["dpkg-deb", "-R", package, folder])
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: (.*)$", r"Version: \1~previous", control.read_text(), flags=re.MULTILINE))
    run(["dpkg-deb", "--root-owner-group", "-b", folder, result])
    shutil.rmtree(folder)
