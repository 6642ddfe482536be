"""Records that are wanted, but whose refusal holds up nothing: results, and what is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.kafka import PublishError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.vitals import Vitals
    from app.kafka import Written


class Tolerated:
    """One topic's: a refusal is counted each time, and told to health until one is written again.

    `what` says what a refusal means, such as "a result is not written".
    """

    def __init__(self, what: str, count: Callable[[], None], vitals: Vitals) -> None:
        self._what = what
        self._count = count
        self._vitals = vitals
        self._refused = False

    def answered(self, outcome: Written | PublishError) -> None:
        """The topic has taken one, or refuses it for good."""
        if isinstance(outcome, PublishError):
            self._refused = True
            self._count()
            self._vitals.trouble(f"{self._what}: {outcome}")
        elif self._refused:
            self._refused = False
            self._vitals.trouble(None)
