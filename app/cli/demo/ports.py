"""Where the demo's servers listen: the usual ports, or free ones when those are taken."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass

HOST = "127.0.0.1"
KAFKA, SMTP, PAGE, HEALTH = 19092, 1025, 8025, 8081


@dataclass(frozen=True, slots=True)
class Ports:
    kafka: int
    smtp: int
    page: int
    health: int

    @classmethod
    def choose(
        cls,
        *,
        kafka: int | None = None,
        smtp: int | None = None,
        page: int | None = None,
        health: int | None = None,
    ) -> Ports:
        """A port that is named is taken as it is; its server says so when it cannot have it."""
        with ExitStack() as held:
            return cls(
                kafka=kafka or _usual_or_free(KAFKA, held),
                smtp=smtp or _usual_or_free(SMTP, held),
                page=page or _usual_or_free(PAGE, held),
                health=health or _usual_or_free(HEALTH, held),
            )


def _usual_or_free(port: int, held: ExitStack) -> int:
    """Held until all are chosen, so that no two are the same."""
    probe = held.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((HOST, port))
    except OSError:
        probe.bind((HOST, 0))
    chosen: int = probe.getsockname()[1]
    return chosen
