"""Address headers: From, To, Cc, Reply-To."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from app.composer.headers import WIDTH, encoded_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.message import Address

NOBODY_SHOWN: Final = "To: undisclosed-recipients:;\r\n"

_ATOMS: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_ESCAPED: Final = re.compile(r'(["\\])')
# A quoted string cannot be folded without doubt; longer names become encoded words, which can.
_LONGEST_QUOTED: Final = 60


def address_header(name: str, addresses: Iterable[Address]) -> str:
    """The header's lines, folded between and within mailboxes.

    A non-ASCII local part stays as it is, in UTF-8: no 7-bit form exists (RFC 6532).
    """
    lines = [f"{name}:"]
    comma = ""
    for address in addresses:
        lines[-1] += comma
        for token in _tokens(address):
            # One column is left for the comma.
            if len(lines[-1]) + 1 + len(token) < WIDTH or len(lines[-1]) == len(name) + 1:
                lines[-1] += f" {token}"
            else:
                lines.append(f" {token}")
        comma = ","
    return "\r\n".join(lines) + "\r\n"


@lru_cache(maxsize=256)
def from_header(address: Address) -> str:
    """Few senders write most of the mail."""
    return address_header("From", (address,))


def _tokens(address: Address) -> list[str]:
    """A mailbox as pieces between which a line may be folded."""
    name, spec = address.name, address.spec
    if not name:
        return [spec]
    if len(name) > _LONGEST_QUOTED or not name.isascii() or "=?" in name:
        return [*encoded_words(name, used=1), f"<{spec}>"]
    if _ATOMS.fullmatch(name):
        return [name, f"<{spec}>"]
    escaped = _ESCAPED.sub(r"\\\1", name)
    return [f'"{escaped}"', f"<{spec}>"]
