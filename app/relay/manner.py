"""How a transaction is spoken: which of the relay's extensions are made use of."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Manner:
    """`pipelining` (RFC 2920), `chunking` (RFC 3030), and both in one flight.

    `proven`: the relay has taken a message by BDAT before.
    """

    pipelining: bool
    chunking: bool = False
    one_flight: bool = False
    proven: bool = False


manner_of: Final = functools.cache(Manner)
"""There are few, and to make a frozen value takes as long as to read a reply."""
