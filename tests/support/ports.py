"""Free ports on the loopback."""

from __future__ import annotations

import os
import socket
from itertools import count as counting
from typing import Final

from tests.support import workers

# Below those that systems give to whoever asks for any: nobody gets one by chance before it is
# used. Each worker has a part for itself, and begins somewhere in it, as other runs do.
FIRST: Final = 10_000
LAST: Final = 32_767

_turns = counting(os.getpid() * 7)


def free_port() -> int:
    """A port that nobody listens on, and that is not given again soon."""
    return free_ports(1)[0]


def free_ports(count: int) -> tuple[int, ...]:
    """Distinct ones."""
    found: list[int] = []
    while len(found) < count:
        if _is_free(port := _next()):
            found.append(port)
    return tuple(found)


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts a connection there."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def _next() -> int:
    part = (LAST + 1 - FIRST) // workers.count()
    return FIRST + workers.number() * part + next(_turns) % part


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
