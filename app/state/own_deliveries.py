"""Deliveries in this process's memory: gone when it ends, unknown to other instances."""

from __future__ import annotations

import struct
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.state.deliveries import Hold

_EXPIRY = struct.Struct("<d")


class OwnDeliveries:
    """The last `size` deliveries, each for `window_s` seconds; `clock` is monotonic.

    An entry is bytes: its expiry, then the origin. Tuples would take more room and slow the
    garbage collector. Every entry lives as long, so their order is that of expiry; an
    `OrderedDict`, for a plain one finds its oldest slowly once many before it were deleted.
    """

    def __init__(self, *, window_s: float, size: int, clock: Callable[[], float]) -> None:
        self._window_s = window_s
        self._size = size
        self._clock = clock
        self._entries: OrderedDict[bytes, bytes] = OrderedDict()
        self._holds: dict[bytes, Hold] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def held(self) -> int:
        """How many ids are being sent."""
        return len(self._holds)

    async def begin(self, hold: Hold, recipients: Sequence[bytes]) -> tuple[str | None, ...] | None:
        self._forget_expired()
        found = tuple(self._other_origin(each, hold.origin) for each in recipients)
        if None not in found:
            return found
        holder = self._holds.get(hold.id)
        if holder is not None and holder.origin != hold.origin:
            return None
        self._holds[hold.id] = hold
        return found

    async def delivered(self, hold: Hold, recipients: Sequence[bytes]) -> None:
        self._forget_expired()
        entry = _EXPIRY.pack(self._clock() + self._window_s) + hold.origin.encode()
        for each in recipients:
            self._entries[each] = entry
            self._entries.move_to_end(each)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)
        self.let_go(hold)

    def let_go(self, hold: Hold) -> None:
        if self._holds.get(hold.id) == hold:
            del self._holds[hold.id]

    async def close(self) -> None:
        """Nothing is under way."""

    def _other_origin(self, recipient: bytes, origin: str) -> str | None:
        entry = self._entries.get(recipient)
        found = None if entry is None else entry[_EXPIRY.size :].decode()
        return None if found == origin else found

    def _forget_expired(self) -> None:
        now = self._clock()
        while self._entries:
            (expires,) = _EXPIRY.unpack_from(next(iter(self._entries.values())))
            if expires > now:
                return
            self._entries.popitem(last=False)
