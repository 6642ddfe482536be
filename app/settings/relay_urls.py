"""Several relays in one value, each an address of its own; secret as a whole, for passwords."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr
from typing_extensions import override

from app.settings.addresses import parse_domain
from app.settings.compounds import is_host
from app.settings.files import read_value
from app.settings.kinds import Choice, Hidden, Kind, Port, Text, Whole
from app.settings.paths import ExistingFile
from app.settings.rates import Rate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PORTS: Final = {"smtp": 587, "smtps": 465}
_SEPARATOR: Final = re.compile(r",\s*(?=[A-Za-z][A-Za-z0-9+.-]*://)|,\s*$")
_REPEATABLE: Final = frozenset({"type", "sender"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayValues:
    """One relay; None stands for what the settings of a single relay say, or for no bound."""

    name: str
    host: str
    port: int
    security: str | None = None
    user: str | None = None
    password: SecretStr | None = None
    token_file: Path | None = None
    priority: int = 1
    weight: int = 1
    rate: float | None = None
    connections: int | None = None
    types: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Domain(Kind):
    """A sender's domain, as A-labels."""

    metavar = "DOMAIN"
    allowed = "a domain"

    @override
    def parse(self, text: str) -> str:
        return parse_domain(text)


_PARAMETERS: Final[Mapping[str, Kind]] = {
    "name": Text("1 to 100 of A-Z a-z 0-9 . _ : -", r"[A-Za-z0-9._:-]{1,100}"),
    "security": Choice(("auto", "tls", "starttls", "none")),
    "password_file": ExistingFile(),
    "token_file": ExistingFile(),
    "priority": Whole(0, 1_000),
    "weight": Whole(1, 1_000),
    "rate": Rate(),
    "connections": Whole(1, 10_000),
    "type": Text("printable text of at most 200 characters", r".{1,200}"),
    "sender": _Domain(),
}


@dataclass(frozen=True, slots=True)
class RelayUrls(Hidden):
    """`smtp://` and `smtps://` addresses by comma; gives them as a tuple, names all different."""

    metavar = "URL,..."
    allowed = (
        "smtp://[user[:password]@]host[:port] or smtps:// for TLS from the start, several by "
        "comma, each with ?name=&security=&password_file=&token_file=&priority=&weight=&rate="
        "&connections=&type=&sender= as needed (type and sender more than once if need be)"
    )

    @override
    def parse(self, text: str) -> tuple[RelayValues, ...]:
        if not text.isprintable():
            raise ValueError("contains control characters")
        urls = [each for each in _SEPARATOR.split(text) if each.strip()]
        if not urls:
            raise ValueError("names no relay")
        relays = [_relay(url.strip(), f"relay {at}") for at, url in enumerate(urls, 1)]
        names = [relay.name for relay in relays]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{names.count(name)} relays are named {name}; set name=")
        return tuple(relays)


def _relay(text: str, place: str) -> RelayValues:
    """Reasons name the relay by its place, and by its host where that is known; never its login."""
    url = _split(text, place)
    host, port = url.hostname or "", _port(url, place)
    where = f"{place} ({host}:{port})"
    given = _parameters(url.query, where)
    security = given.pop("security", None)
    if url.scheme.lower() == "smtps":
        if security not in {None, "auto", "tls"}:
            raise ValueError(f"{where}: security: smtps:// is tls, not {security}")
        security = "tls"
    user = unquote(url.username) if url.username else None
    password = _password(url, given.pop("password_file", None), where)
    token_file = given.get("token_file")
    if user is None and (password is not None or token_file is not None):
        raise ValueError(f"{where}: a password or token file without a user; begin smtp://user@")
    if user is not None and (password is None) == (token_file is None):
        raise ValueError(
            f"{where}: a user needs a password, password_file= or token_file=, one of them"
        )
    given.setdefault("name", f"{host}:{port}")
    types, senders = (frozenset(given.pop(name, ())) for name in ("type", "sender"))
    return RelayValues(
        host=host,
        port=port,
        security=security,
        user=user,
        password=password,
        types=types,
        senders=senders,
        **given,
    )


def _split(text: str, place: str) -> SplitResult:
    if " " in text:
        raise ValueError(f"{place}: contains a space; one in a password is written %20")
    if "#" in text:
        raise ValueError(f"{place}: a # in a password is written %23")
    try:
        url = urlsplit(text)
        hostname = url.hostname
    except ValueError:
        raise ValueError(f"{place}: not a URL") from None
    if url.scheme.lower() not in _PORTS:
        raise ValueError(f"{place}: begins neither with smtp:// nor with smtps://")
    if "," in url.netloc.rpartition("@")[2]:
        raise ValueError(
            f"{place}: what follows the comma begins neither with smtp:// nor smtps://"
        )
    if not hostname or not is_host(hostname) or url.netloc.count("@") > 1:
        raise ValueError(f"{place}: names no host; in a login @ is written %40")
    if url.path not in {"", "/"} or "@" in url.query:
        raise ValueError(f"{place}: in a login / is written %2F and ? is %3F, elsewhere @ is %40")
    return url


def _port(url: SplitResult, place: str) -> int:
    text = url.netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    if not text:
        return _PORTS[url.scheme.lower()]
    try:
        return Port().parse(text)
    except ValueError as error:
        raise ValueError(f"{place} ({url.hostname}): port: {error}; {Port().allowed}") from None


def _parameters(query: str, where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in filter(None, query.split("&")):
        name, _, text = part.partition("=")
        kind = _PARAMETERS.get(name)
        if kind is None:
            there_are = ", ".join(_PARAMETERS)
            raise ValueError(f"{where}: no parameter {name[:40]!r}; there are {there_are}")
        if name in found and name not in _REPEATABLE:
            raise ValueError(f"{where}: {name} is given twice")
        try:
            value = kind.parse(unquote(text))
        except ValueError as error:
            raise ValueError(f"{where}: {name}: {error}; it takes {kind.allowed}") from None
        if name in _REPEATABLE:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _password(url: SplitResult, file: Path | None, where: str) -> SecretStr | None:
    if file is None:
        return SecretStr(unquote(url.password)) if url.password else None
    if url.password:
        raise ValueError(f"{where}: a password and password_file=; one of them")
    try:
        return SecretStr(read_value(file))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"{where}: password_file: {reason or 'cannot be read'}") from None
