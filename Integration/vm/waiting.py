"""Waiting that always ends: every wait of the VM tests has a limit in seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TimedOut(Exception):
    """Something did not become true within its limit."""


def until(what: str, condition: Callable[[], T], limit: float, pause: float = 0.2) -> T:
    """Asks `condition` until it answers something true, and returns that answer.

    Raises `TimedOut` with `what` after `limit` seconds; what `condition` raises is passed on.
    """
    deadline = time.monotonic() + limit
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimedOut(f"within {limit:g} s: {what}")
        time.sleep(pause)
