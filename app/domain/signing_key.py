"""A private key that signs mail for a domain (DKIM, RFC 6376)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`selector` tells receivers where below `domain` its public half stands in DNS.

    `algorithm` is DKIM's name for it, `bits` its length, `sign` gives the signature of the data.
    """

    domain: str
    selector: str
    algorithm: str
    bits: int
    sign: Callable[[bytes], bytes] = field(repr=False)


def keys_of(keys: Iterable[SigningKey], domain: str) -> tuple[SigningKey, ...]:
    """Those that sign mail from that domain: its own, else those of the nearest domain above it.

    Either is aligned with the From address in DMARC's relaxed mode (RFC 7489 3.1.1).
    """
    found: tuple[SigningKey, ...] = ()
    while domain and not found:
        found = tuple(key for key in keys if key.domain == domain)
        domain = domain.partition(".")[2]
    return found
