"""Writing decisions: every record a decision asks for, then its offset is settled."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Protocol

from app.kafka import PublishError
from app.outcomes import without_value
from app.telemetry import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.claim import Settlements
    from app.domain.record import Outgoing
    from app.domain.vitals import Vitals
    from app.kafka import Written
    from app.outcomes import Decision
    from app.pipeline.tolerated import Tolerated

log = logging.getLogger(__name__)

PENDING_LIMIT = 5_000  # decisions sent and not acknowledged
TRY_AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Publishing(Protocol):
    """The part of the producer that is used here."""

    def send(self, outgoing: Outgoing, done: Callable[[Written | PublishError], None]) -> None: ...


class Writer:
    """Publishes without waiting and settles when everything is acknowledged.

    The offset settles all the same when a result or note is refused for good. A retry or dead
    letter that is refused is tried again for ever: nothing settles without it. Only one that is too
    large goes elsewhere: a retry as `unparked` decides, a dead letter without its value.
    `max_bytes` bounds what is held meanwhile.
    """

    def __init__(
        self,
        publishing: Publishing,
        settlements: Settlements,
        vitals: Vitals,
        *,
        dead_letters: str,
        unparked: Callable[[Decision, Outgoing], Decision],
        max_bytes: int,
        results: Tolerated,
        notes: Tolerated,
    ) -> None:
        self._publishing = publishing
        self._settlements = settlements
        self._vitals = vitals
        self._dead_letters = dead_letters
        self._unparked = unparked
        self._max_bytes = max_bytes
        self.results = results
        self.notes = notes
        self._room = asyncio.Event()
        self._valueless = Throttle(time.monotonic)
        self._refused = 0
        self.bytes = 0
        self.pending = 0

    def write(self, decision: Decision) -> None:
        """Publish what the decision asks for; never waits."""
        waiting = _Waiting(self, decision, _size(decision))
        self.pending += 1
        self.bytes += waiting.size
        waiting.left = len(decision.letters) + len(decision.notes) + (decision.result is not None)
        for letter in decision.letters:
            self._send_letter(waiting, letter, 0)
        if decision.result is not None:
            self._publishing.send(decision.result, waiting.result_answered)
        for note in decision.notes:
            self._publishing.send(note, waiting.note_answered)
        if not waiting.left:
            self.settle(decision, waiting.size)

    @property
    def full(self) -> bool:
        """Whether so much is sent and not acknowledged that nothing more should come."""
        return self.pending >= PENDING_LIMIT or self.bytes >= self._max_bytes

    async def wait_for_room(self) -> None:
        """Return once it is no longer full."""
        while self.full:
            self._room.clear()
            await self._room.wait()

    def settle(self, decision: Decision, size: int) -> None:
        """Everything the decision asked for is written; `size` was held for it."""
        self._settlements.settle(decision.claim)
        self.pending -= 1
        self.bytes -= size
        if not self._room.is_set():
            self._room.set()

    def _send_letter(self, waiting: _Waiting, letter: Outgoing, tries: int) -> None:
        def answered(outcome: Written | PublishError) -> None:
            if isinstance(outcome, PublishError):
                self._letter_refused(waiting, letter, outcome, tries)
            else:
                if tries:
                    self._refused -= 1
                    if not self._refused:
                        self._vitals.trouble(None)
                waiting.answered()

        self._publishing.send(letter, answered)

    def _letter_refused(
        self, waiting: _Waiting, letter: Outgoing, error: PublishError, tries: int
    ) -> None:
        if error.too_large and letter.topic != self._dead_letters:
            self._send_instead(waiting, letter, tries)
            return
        if error.too_large and letter.value is not None:
            if self._valueless.due():
                log.error("%s; it goes there without its value", error)
            self._send_letter(waiting, without_value(letter), tries)
            return
        if not tries:
            self._refused += 1
        self._vitals.trouble(str(error))
        pause = TRY_AGAIN_S[min(tries, len(TRY_AGAIN_S) - 1)]
        asyncio.get_running_loop().call_later(pause, self._send_letter, waiting, letter, tries + 1)

    def _send_instead(self, waiting: _Waiting, letter: Outgoing, tries: int) -> None:
        decision = self._unparked(waiting.decision, letter)
        for dead in decision.letters:
            self._send_letter(waiting, dead, tries)
        if decision.result is not None:
            waiting.left += 1
            self._publishing.send(decision.result, waiting.result_answered)


def _size(decision: Decision) -> int:
    """Bytes that are held until the decision is settled."""
    result = decision.result
    held = len(result.value or b"") if result is not None else 0
    if decision.letters or decision.notes:
        held += sum([len(each.value or b"") for each in (*decision.letters, *decision.notes)])
    return held


class _Waiting:
    """One decision on its way; `left` answers are still to come."""

    __slots__ = ("_writer", "decision", "left", "size")

    def __init__(self, writer: Writer, decision: Decision, size: int) -> None:
        self._writer = writer
        self.decision = decision
        self.size = size
        self.left = 0

    def answered(self) -> None:
        self.left -= 1
        if not self.left:
            self._writer.settle(self.decision, self.size)

    def result_answered(self, outcome: Written | PublishError) -> None:
        self._writer.results.answered(outcome)
        self.answered()

    def note_answered(self, outcome: Written | PublishError) -> None:
        self._writer.notes.answered(outcome)
        self.answered()
