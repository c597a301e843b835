"""Commands on the machine that carries the guests."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

COMMAND_LIMIT = 600.0


class HostCommandFailed(Exception):
    """A command of the runner itself failed: with its words, exit code and output."""


def run(
    command: Sequence[str | Path],
    *,
    limit: float = COMMAND_LIMIT,
    cwd: Path | None = None,
    check: bool = True,
    text: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a command with `text` as standard input and captures its output.

    Raises `HostCommandFailed` for an exit code other than 0, if `check`, and for a command that outlives `limit`.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, cwd=cwd, timeout=limit, input=text or "", capture_output=True, text=True, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise HostCommandFailed(f"{' '.join(words)}: not done within {limit:g} s") from error
    if check and done.returncode != 0:
        output = (done.stdout + done.stderr).strip()[-2000:]
        raise HostCommandFailed(f"{' '.join(words)}: exit code {done.returncode}\n{output}")
    return done
