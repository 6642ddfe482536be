"""The address of a shared store; secret as a whole, for a password may stand in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from typing_extensions import override

from app.settings.compounds import is_host
from app.settings.kinds import Secret

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from pydantic import SecretStr

_SERVERS: Final = frozenset({"redis", "rediss", "valkey", "valkeys"})
_TLS: Final = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})


@dataclass(frozen=True, slots=True)
class StoreUrl(Secret):
    """Redis or Valkey, over TCP, TLS or a socket file."""

    metavar = "URL"
    allowed = (
        "redis://[user:password@]host[:port][/database], rediss:// for TLS (with "
        "?ssl_ca_certs=file where needed), valkey:// and valkeys:// likewise, "
        "unix:///path[?db=database]"
    )

    @override
    def parse(self, text: str) -> SecretStr:
        if not text.isprintable() or " " in text:
            raise ValueError("contains spaces or control characters")
        if "#" in text:
            raise ValueError("a # in the password is written %23")
        try:
            url = urlsplit(text)
            url.port  # noqa: B018 - ValueError for what is none
        except ValueError:
            raise ValueError("not a URL") from None
        if url.scheme == "unix":
            _check_socket(url)
        elif url.scheme in _SERVERS:
            _check_server(url)
        else:
            raise ValueError("unknown scheme")
        return Secret.parse(self, text)


def _check_socket(url: SplitResult) -> None:
    if url.path in {"", "/"} or url.hostname:
        raise ValueError("names no socket's absolute path")
    _check_query(url, frozenset({"db"}))


def _check_server(url: SplitResult) -> None:
    if not url.hostname or not is_host(url.hostname):
        raise ValueError("names no host")
    if not re.fullmatch(r"(/([0-9]{1,4})?)?", url.path):
        raise ValueError("the database is not a number")
    tls = url.scheme in {"rediss", "valkeys"}
    _check_query(url, _TLS if tls else frozenset())


def _check_query(url: SplitResult, names: frozenset[str]) -> None:
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        if name not in names:
            raise ValueError("has a parameter that is none")
        if not value or (name == "db" and not re.fullmatch(r"[0-9]{1,4}", value)):
            raise ValueError(f"{name}: not a value for it")
