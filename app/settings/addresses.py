"""Kinds of settings that are mail addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from app.domain.errors import InvalidMessage
from app.settings.kinds import Kind

if TYPE_CHECKING:
    from app.domain.message import Address

_LONGEST_ID = 32


def _parse(text: str) -> Address:
    # Imported when an address is there to be read: its library would slow every --help.
    from app.domain.addresses import parse_address  # noqa: PLC0415

    try:
        return parse_address(text, "")
    except InvalidMessage:
        raise ValueError("not a mail address") from None


def domain_of(text: str) -> str:
    """The domain of an address, as A-labels in lower case; ValueError for what is none."""
    return _parse(text).domain


def parse_domain(text: str) -> str:
    """A mail domain in lower case, as A-labels; ValueError."""
    try:
        return _parse(f"a@{text}").domain
    except ValueError:
        raise ValueError("not a domain") from None


@dataclass(frozen=True, slots=True)
class Recipient(Kind):
    """A bare address; gives it as the message would have it."""

    metavar = "ADDRESS"
    allowed = "an address such as staging@example.com"

    @override
    def parse(self, text: str) -> Address:
        address = _parse(text)
        if address.name:
            raise ValueError("a bare address, without a name")
        return address


@dataclass(frozen=True, slots=True)
class Domains(Kind):
    """Domains by comma, as A-labels; `*.` before one stands for all below it."""

    metavar = "DOMAIN,..."
    allowed = "domains by comma, such as example.com,*.example.com (those below it)"

    @override
    def parse(self, text: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._domain(item.strip()) for item in text.split(",")))

    @staticmethod
    def _domain(item: str) -> str:
        below = "*." if item.startswith("*.") else ""
        name = item.removeprefix("*.")
        try:
            return below + parse_domain(name)
        except ValueError:
            raise ValueError(f"{item!r} is no domain") from None


@dataclass(frozen=True, slots=True)
class Sender(Kind):
    """An address, with or without a display name; given back as written."""

    metavar = "ADDRESS"
    allowed = 'an address such as no-reply@example.com or "Shop <no-reply@example.com>"'

    @override
    def parse(self, text: str) -> str:
        _parse(text)
        return text


@dataclass(frozen=True, slots=True)
class BounceSender(Kind):
    """An ASCII address in whose local part `{id}` may stand once, or `<>`; as written."""

    metavar = "ADDRESS"
    allowed = "an address such as bounce+{id}@example.com, or <>"

    @override
    def parse(self, text: str) -> str:
        if text == "<>":
            return text
        local, _, domain = text.rpartition("@")
        address = _parse(f"{local.replace('{id}', 'x' * _LONGEST_ID, 1)}@{domain}")
        if address.name or not address.local.isascii() or "{" in address.local:
            raise ValueError("a bare ASCII address with {id} at most once")
        return text
