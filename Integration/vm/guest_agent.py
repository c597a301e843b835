"""The channel into a guest: qemu-guest-agent over virtio-serial.

It is out of band: no rule that is under test, and no network at all, can shut it. The protocol is in QEMU's
docs/interop/qemu-ga-ref.
"""

from __future__ import annotations

import base64
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class AgentSilent(Exception):
    """The guest agent did not answer in time: the guest is booting, stuck or gone."""


class AgentError(Exception):
    """The guest agent answered with an error."""


@dataclass(frozen=True)
class Outcome:
    """What a command in a guest came to."""

    command: str
    code: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether the exit code was 0."""
        return self.code == 0

    def __str__(self) -> str:
        output = "\n".join(part.strip() for part in (self.stdout, self.stderr) if part.strip())
        return f"`{self.command}`: exit code {self.code}\n{output}".rstrip()


class GuestAgent:
    """One client of a guest's agent. The socket outlives reboots; `synchronize` finds the agent again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket: socket.socket | None = None
        self.buffer = b""

    def close(self) -> None:
        """Closes the socket; the next call opens it anew."""
        if self.socket is not None:
            self.socket.close()
        self.socket = None
        self.buffer = b""

    def synchronize(self, limit: float) -> None:
        """Makes sure that the agent listens, and that no answer to an earlier question is still under way.

        Raises `AgentSilent` after `limit` seconds.
        """
        self.close()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket = connection
        try:
            connection.connect(str(self.path))
            number = time.monotonic_ns() & 0x7FFFFFFF
            # 0xff makes the agent's parser forget what an interrupted client left there.
            request = {"execute": "guest-sync-delimited", "arguments": {"id": number}}
            connection.sendall(b"\xff" + json.dumps(request).encode() + b"\n")
            deadline = time.monotonic() + limit
            while True:
                line = self.line(deadline).rsplit(b"\xff", 1)[-1].strip()
                if line and json.loads(line).get("return") == number:
                    return
        except (OSError, ValueError) as error:
            self.close()
            raise AgentSilent(f"no guest agent at {self.path}: {error}") from error

    def line(self, deadline: float) -> bytes:
        """The next line of the agent's. Raises `AgentSilent` at the deadline."""
        assert self.socket is not None
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                self.close()
                raise AgentSilent("the guest agent does not answer")
            self.socket.settimeout(left)
            try:
                received = self.socket.recv(65536)
            except TimeoutError:
                continue
            if not received:
                self.close()
                raise AgentSilent("qemu closed the guest agent's socket")
            self.buffer += received
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def ask(self, command: str, limit: float = 60.0, **arguments: Any) -> Any:
        """Sends one command and returns its answer. Raises `AgentSilent` and `AgentError`."""
        if self.socket is None:
            self.synchronize(limit)
        assert self.socket is not None
        try:
            self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
            answer = json.loads(self.line(time.monotonic() + limit))
        except OSError as error:
            self.close()
            raise AgentSilent(f"{command}: {error}") from error
        if "error" in answer:
            raise AgentError(f"{command}: {answer['error'].get('desc', answer['error'])}")
        return answer["return"]

    def execute(self, command: str, limit: float, text: str = "") -> Outcome:
        """Runs a shell command with `text` as its input, and waits for its end.

        Raises `AgentSilent` if it is not done within `limit` seconds; it is killed then.
        """
        encoded = base64.b64encode(text.encode()).decode()
        arguments: dict[str, Any] = {"path": "/bin/bash", "arg": ["-c", command], "capture-output": True}
        if text:
            arguments["input-data"] = encoded
        pid = self.ask("guest-exec", **arguments)["pid"]
        deadline = time.monotonic() + limit
        pause = 0.02
        while True:
            status = self.ask("guest-exec-status", pid=pid)
            if status["exited"]:
                break
            if time.monotonic() > deadline:
                self.ask("guest-exec", path="/bin/kill", arg=["-9", str(pid)])
                raise AgentSilent(f"`{command}` is not done within {limit:g} s")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.3)
        output = {
            key: base64.b64decode(status.get(key, "")).decode(errors="replace") for key in ("out-data", "err-data")
        }
        code = status.get("exitcode", 128 + status.get("signal", 0))
        return Outcome(command, code, output["out-data"], output["err-data"])
