"""What can be told of a record that may not be a message at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from app.domain.record import Record


class Glimpse(NamedTuple):
    """`recipients` are those addresses that can be read, each once."""

    id: str | None = None
    type: str | None = None
    recipients: tuple[str, ...] = ()


Glance = Callable[[Record], Glimpse]
"""Looks at a record; never raises."""
