"""A record that an assignment of ours has taken up, and the ledger's public face."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Claim(NamedTuple):
    """One offset taken up under one assignment (`epoch`, unique in the process).

    Everything that works on the record carries its claim. When the partition moves to another
    member the epoch ends, and the claim with it: it is no longer sent, published or settled.
    """

    topic: str
    partition: int
    offset: int
    epoch: int


class Settlements(Protocol):
    """What the rest of the service may ask of the ledger."""

    def is_current(self, claim: Claim) -> bool:
        """Whether the claim's assignment still holds."""
        ...

    def give_up(self, claim: Claim) -> None:
        """Nobody works on it here any more; it stays unsettled, for whoever resumes."""
        ...

    def settle(self, claim: Claim) -> None:
        """The record's outcome is written and acknowledged; a stale claim is ignored."""
        ...
