"""What is known about a run, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """What was found; stable names, for programs."""

    UNDELIVERED = "undelivered"
    SHORT = "short"
    RECONNECTING = "reconnecting"
    RATE = "rate"
    RELAY_LIMITED = "relay_limited"
    PROCESSOR = "processor"
    MACHINE = "machine"
    CONNECTIONS = "connections"
    WORKERS = "workers"
    RELAY = "relay"
    MEMORY = "memory"
    BUFFER = "buffer"
    KAFKA = "kafka"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Advice:
    """`text` says what was seen, `action` what to do; `setting` is a variable, None without one."""

    cause: Cause
    text: str
    action: str
    setting: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was measured at full load, and what the settings were.

    It lasted `seconds`. Shares are 0 to 1. `cpu`: cores that the service used; `machine`: used part
    of all cores, None where the system does not tell. `busy`: workers at work. Of a worker's time
    `relay` was spent in the SMTP dialogue, `unaccounted` is neither that nor composing; a mail
    takes `alone_s` of it at the steady rate, and `processing_s` at full load. `full`: part of the
    time in which there was no room for what could be read; `memory`: used part of the mails' room.
    `rate`: the lowest rate in force a second, with the setting that it is from. `own_partitions`:
    those of the queue that the settings name, None where it is not there.
    """

    per_second: float
    seconds: float
    workers: int
    busy: float
    alone_s: float
    processing_s: float
    relay: float
    unaccounted: float
    cpu: float
    machine: float | None = None
    buffer: int = 100
    full: float = 1.0
    memory: float = 0.0
    rate: tuple[str, float] | None = None
    limited: int = 0
    delivered: int = 0
    others: int = 0
    reason: str = ""
    connections_most: int | None = None
    opened: int = 0
    own_partitions: int | None = None
    to_relay: bool = False
    workers_setting: str = "EMAIL_WORKER_COUNT"
