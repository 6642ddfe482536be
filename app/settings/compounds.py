"""Kinds of values made of parts: lists, `key=value` lists, addresses, a choice or a duration."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from app.settings.kinds import Duration, Kind, Port
from app.settings.quantities import parse_duration

_HOST = re.compile(
    r"(?=.{1,253}\.?$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?)+", re.ASCII
)


def is_host(text: str) -> bool:
    """Whether the text is a host name or an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        # What looks like an IPv4 address but is none is no name either.
        return bool(_HOST.fullmatch(text)) and not re.fullmatch(r"[0-9.]+", text)
    return True


@dataclass(frozen=True, slots=True)
class Host(Kind):
    """A host name or an IP address."""

    metavar = "HOST"
    allowed = "a host name or an IP address, without scheme and port"

    @override
    def parse(self, text: str) -> str:
        if not is_host(text):
            raise ValueError("not a host")
        return text


def _items(text: str) -> list[str]:
    items = [item.strip() for item in text.split(",")]
    if "" in items:
        raise ValueError("empty item in the list")
    return items


@dataclass(frozen=True, slots=True)
class Brokers(Kind):
    """`host:port` by comma; gives them as a tuple, each with its port."""

    metavar = "HOST:PORT,..."
    allowed = "host:port, several by comma (IPv6 as [::1]:9092)"

    @override
    def parse(self, text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._broker(item) for item in _items(text)))

    @staticmethod
    def _broker(item: str) -> str:
        found = re.fullmatch(r"(\[(?P<six>[^\]]+)\]|(?P<host>[^:\[\]]+))(:(?P<port>.*))?", item)
        if found is None or not is_host(found["six"] or found["host"]):
            raise ValueError("not a host with a port")
        if found["six"] and ":" not in found["six"]:
            raise ValueError("brackets are for IPv6 addresses")
        port = 9092 if found["port"] is None else Port().parse(found["port"])
        return f"[{found['six']}]:{port}" if found["six"] else f"{found['host']}:{port}"


@dataclass(frozen=True, slots=True)
class Durations(Kind):
    """Durations by comma, each above 0, in seconds."""

    metavar = "DURATION,..."
    allowed = "durations above 0 by comma, such as 30s,5m,2h"

    @override
    def parse(self, text: str) -> tuple[float, ...]:
        return tuple(Duration().parse(item) for item in _items(text))


def pairs(text: str) -> dict[str, str]:
    """From `name=value` by comma; ValueError names what is none, or a name given twice."""
    found: dict[str, str] = {}
    for item in _items(text):
        key, sign, value = (part.strip() for part in item.partition("="))
        if not sign or not key or not value:
            raise ValueError(f"{item!r} is not name=value")
        if key in found:
            raise ValueError(f"{key} is given twice")
        found[key] = value
    return found


@dataclass(frozen=True, slots=True)
class DurationPairs(Kind):
    """`name=duration` by comma, in seconds; `names` limits the names, None leaves them free."""

    names: tuple[str, ...] | None = None

    metavar = "NAME=DURATION,..."

    @property
    @override
    def allowed(self) -> str:
        if self.names is None:
            return "name=duration by comma, such as password_reset=1h,receipt=2d"
        return f"name=duration by comma, where name is one of {', '.join(self.names)}"

    @override
    def parse(self, text: str) -> dict[str, float]:
        durations = {}
        for name, value in pairs(text).items():
            if name == "*" or (self.names is not None and name not in self.names):
                raise ValueError(f"unknown name {name!r}")
            try:
                durations[name] = Duration().parse(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return durations


EARLIEST: Final = "earliest"
LATEST: Final = "latest"


@dataclass(frozen=True, slots=True)
class StartPoint(Kind):
    """Where a new group starts: a word, or how many seconds back."""

    metavar = "earliest|latest|DURATION"
    allowed = "earliest, latest, or how far back as a duration, such as 2h"

    @override
    def parse(self, text: str) -> str | float:
        if text.lower() in {EARLIEST, LATEST}:
            return text.lower()
        return parse_duration(text)


@dataclass(frozen=True, slots=True)
class BreakerValues:
    """When a relay's breaker opens (`failures` in a row) and for how long (`reset` seconds)."""

    failures: int
    reset: float


@dataclass(frozen=True, slots=True)
class Breaker(Kind):
    """`failures=5,reset=10s`; a part left out keeps its default."""

    metavar = "failures=N,reset=DURATION"
    allowed = "failures=<whole number above 0>,reset=<duration>, such as failures=5,reset=10s"

    @override
    def parse(self, text: str) -> BreakerValues:
        parts = {"failures": "5", "reset": "10s"} | (given := pairs(text))
        if unknown := given.keys() - {"failures", "reset"}:
            raise ValueError(f"unknown name {min(unknown)!r}")
        if not re.fullmatch(r"[0-9]{1,9}", parts["failures"]) or int(parts["failures"]) < 1:
            raise ValueError("failures: not a whole number above 0")
        try:
            return BreakerValues(int(parts["failures"]), Duration().parse(parts["reset"]))
        except ValueError as error:
            raise ValueError(f"reset: {error}") from None
