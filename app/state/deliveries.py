"""Which recipients got which id, and which ids are being sent right now."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from app.domain.address_digest import normalised

if TYPE_CHECKING:
    from collections.abc import Sequence

# 120 bits, so that a key and its object take 48 bytes of memory.
DIGEST_BYTES = 15


class Hold(NamedTuple):
    """An attempt's claim on an id, that of `id_digest`.

    `token` is the attempt's alone: of two attempts of one origin, each lets go of its own hold.
    """

    id: bytes
    origin: str
    token: str


class Deliveries(Protocol):
    """Kept in memory or in a store that instances share; what cannot be told counts as new.

    No call raises. Recipients are those of `recipient_digest`.
    """

    async def begin(self, hold: Hold, recipients: Sequence[bytes]) -> tuple[str | None, ...] | None:
        """For each recipient the other origin that was delivered, None where it is to be sent.

        The id is held from here on, unless nobody is left to send to. None instead where an
        attempt of another origin holds it: then nothing was taken.
        """
        ...

    async def delivered(self, hold: Hold, recipients: Sequence[bytes]) -> None:
        """The relay took it for these: enter them and let go, in one step."""
        ...

    def let_go(self, hold: Hold) -> None:
        """The attempt is over; never waits."""
        ...

    async def close(self) -> None:
        """Finish what is under way."""
        ...


def id_digest(message_id: str) -> bytes:
    """Names an id without showing it: ids often hold addresses."""
    return hashlib.blake2b(message_id.encode(errors="replace"), digest_size=DIGEST_BYTES).digest()


def recipient_digest(message_id: str, address: str) -> bytes:
    """Names one recipient of one id; the same address under another id is not recognised."""
    named = f"{message_id}\0{normalised(address)}".encode(errors="replace")
    return hashlib.blake2b(named, digest_size=DIGEST_BYTES).digest()
