"""What one relay is told about itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from app.relay.timeouts import Timeouts

if TYPE_CHECKING:
    from pathlib import Path


class Security(StrEnum):
    """How a connection is protected; `auto` chooses by port and peer (see `choose_security`)."""

    AUTO = "auto"
    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class AuthMethod(StrEnum):
    """SASL mechanism; `auto` takes XOAUTH2 with a token file, else the first that is offered."""

    AUTO = "auto"
    PLAIN = "plain"
    LOGIN = "login"
    CRAM_MD5 = "cram-md5"
    XOAUTH2 = "xoauth2"


@dataclass(frozen=True, slots=True)
class BreakerConfig:
    """`failures` in a row before MAIL open the breaker; it is probed every `reset_s` seconds."""

    failures: int = 5
    reset_s: float = 10.0

    def __post_init__(self) -> None:
        if self.failures < 1:
            raise ValueError(f"failures: {self.failures}; allowed: 1 or more")
        if not self.reset_s > 0:
            raise ValueError(f"reset_s: {self.reset_s}; allowed: above 0 s")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayConfig:
    """One relay. `name` defaults to host:port.

    Of the relays that may be asked, those of the lowest `priority` share mail by `weight`. `rate`:
    most messages a second. `types` and `senders` (domains in lower case), where given, are the only
    ones it serves, and it comes before relays that serve all.

    `connections` bounds those open at once. A connection is closed after `idle_s` seconds without
    use, and renewed after `max_messages` or `max_age_s` seconds. `token_file` holds the XOAUTH2
    access token and is read at each connection, so that it may rotate.
    """

    host: str
    port: int = 587
    name: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    security: Security = Security.AUTO
    auth: AuthMethod = AuthMethod.AUTO
    token_file: Path | None = None
    helo_name: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    priority: int = 1
    weight: int = 1
    rate: float | None = None
    types: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()
    connections: int = 10
    idle_s: float = 30.0
    max_messages: int = 1_000
    max_age_s: float = 300.0
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", f"{self.host}:{self.port}")
        if self.connections < 1:
            raise ValueError(f"connections: {self.connections}; allowed: 1 or more")
        if self.weight < 1:
            raise ValueError(f"weight: {self.weight}; allowed: 1 or more")
        if self.auth is AuthMethod.XOAUTH2 and self.token_file is None:
            raise ValueError("auth: xoauth2 needs a token file")
        if self.token_file is not None and self.user is None:
            raise ValueError("token_file: XOAUTH2 needs a user")
        if self.helo_name is not None and not _is_helo_name(self.helo_name):
            raise ValueError("helo_name: allowed: one printable ASCII word")


def _is_helo_name(name: str) -> bool:
    return name.isascii() and name.isprintable() and bool(name) and " " not in name
