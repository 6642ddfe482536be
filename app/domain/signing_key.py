"""A private key that signs mail for a domain (DKIM, RFC 6376)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


# DKIM's names for the kinds of keys.
RSA: Final = "rsa-sha256"
ED25519: Final = "ed25519-sha256"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`selector` tells receivers where below `domain` its public half stands in DNS.

    `algorithm` is `RSA` or `ED25519`, `bits` the key's length; `sign` gives the signature of data.
    `public` is the public half, by which keys are told apart.
    """

    domain: str
    selector: str
    algorithm: str
    bits: int
    sign: Callable[[bytes], bytes] = field(repr=False, compare=False)
    public: bytes = field(default=b"", repr=False)

    @property
    def takes_long(self) -> bool:
        """RSA takes several times as long as composing; the interpreter's lock is free then."""
        return self.algorithm == RSA


def keys_of(keys: Iterable[SigningKey], domain: str) -> tuple[SigningKey, ...]:
    """Those that sign mail from that domain: its own, else those of the nearest domain above it.

    Either is aligned with the From address in DMARC's relaxed mode (RFC 7489 3.1.1).
    """
    found: tuple[SigningKey, ...] = ()
    while domain and not found:
        found = tuple(key for key in keys if key.domain == domain)
        domain = domain.partition(".")[2]
    return found
