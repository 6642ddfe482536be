"""What is settled when, and what is tried again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.domain.claim import Claim
from app.domain.outcome import Status
from app.domain.record import Outgoing
from app.kafka import PublishError, Written
from app.outcomes import Decision
from app.pipeline import writer as module
from app.pipeline.tolerated import Tolerated
from app.pipeline.watchdog import Pulse
from app.pipeline.writer import Writer
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import Callable

CLAIM = Claim("email-queue", 0, 7, 1)
RESULT = Outgoing("email-results", 0, b"id", b"{}")
DEAD_RESULT = Outgoing("email-results", 0, b"id", b'{"status": "dead"}')
LETTER = Outgoing("email-dlq", 0, b"key", b"value", (("mail-error-text", b"no"),))
NOTE = Outgoing("email-suppressions", 0, b"digest", b"{}")
RETRY = Outgoing("email-queue-retry-30s", 0, b"key", b"value")


class Kafka:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.sent: list[tuple[Outgoing, Callable[[Written | PublishError], None]]] = []

    def send(self, outgoing: Outgoing, done: Callable[[Written | PublishError], None]) -> None:
        self.sent.append((outgoing, done))

    def accept(self, index: int) -> None:
        outgoing, done = self.sent[index]
        done(Written(outgoing.topic, 0, index))

    def refuse(self, index: int, *, too_large: bool = False) -> None:
        outgoing, done = self.sent[index]
        done(PublishError(outgoing.topic, "not allowed", too_large=too_large))


class Settled:
    def __init__(self) -> None:
        self.claims: list[Claim] = []

    def is_current(self, claim: Claim) -> bool:
        return True

    def settle(self, claim: Claim) -> None:
        self.claims.append(claim)

    def give_up(self, claim: Claim) -> None: ...


class Rig:
    def __init__(self, *, max_bytes: int = 1_000_000) -> None:
        self.kafka = Kafka()
        self.settled = Settled()
        self.pulse = Pulse("publishing", lambda: 0.0)
        self.results_pulse = Pulse("results topic", lambda: 0.0, mail_flows=True)
        self.notes_pulse = Pulse("suppressions topic", lambda: 0.0, mail_flows=True)
        self.results_refused = 0
        self.notes_refused = 0
        self.writer = Writer(
            self.kafka,
            self.settled,
            self.pulse,
            dead_letters="email-dlq",
            unparked=self.bury,
            max_bytes=max_bytes,
            results=Tolerated("a result is not written", self.count, self.results_pulse),
            notes=Tolerated("an address is not entered", self.count_note, self.notes_pulse),
        )

    def count(self) -> None:
        self.results_refused += 1

    def bury(self, decision: Decision, letter: Outgoing) -> Decision:
        return Decision(decision.claim, Status.DEAD, letters=(LETTER,), result=DEAD_RESULT)

    def count_note(self) -> None:
        self.notes_refused += 1

    def write(
        self,
        *letters: Outgoing,
        result: Outgoing | None = RESULT,
        notes: tuple[Outgoing, ...] = (),
    ) -> None:
        self.writer.write(Decision(CLAIM, Status.DEAD, letters=letters, result=result, notes=notes))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRY_AGAIN_S", (0.001,))


def test_it_settles_after_every_acknowledgement_in_any_order() -> None:
    rig = Rig()
    rig.write(RETRY, LETTER)
    for index in (2, 0):
        rig.kafka.accept(index)
        assert rig.settled.claims == []
    rig.kafka.accept(1)
    assert rig.settled.claims == [CLAIM]
    assert rig.writer.pending == 0


def test_with_nothing_to_write_it_settles_at_once() -> None:
    rig = Rig()
    rig.write(result=None)
    assert rig.settled.claims == [CLAIM]


def test_a_refused_result_settles_and_is_counted() -> None:
    rig = Rig()
    rig.write()
    rig.kafka.refuse(0)
    assert rig.settled.claims == [CLAIM]
    assert rig.results_refused == 1


def test_health_says_that_results_are_refused_until_one_is_taken() -> None:
    rig = Rig()
    rig.write()
    rig.write()
    rig.kafka.refuse(0)
    assert "a result is not written" in (rig.results_pulse.reason or "")
    rig.kafka.accept(1)
    assert rig.results_pulse.reason is None


def test_it_settles_only_once_the_notes_are_acknowledged_too() -> None:
    rig = Rig()
    rig.write(notes=(NOTE,))
    rig.kafka.accept(0)
    assert rig.settled.claims == []
    rig.kafka.accept(1)
    assert rig.settled.claims == [CLAIM]
    assert rig.notes_refused == 0


def test_refused_notes_settle_and_are_all_counted_but_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig()
    rig.write(notes=(NOTE, NOTE), result=None)
    rig.kafka.refuse(0)
    rig.kafka.refuse(1)
    assert rig.settled.claims == [CLAIM]
    assert rig.notes_refused == 2
    assert len(caplog.records) == 1


def test_a_refused_retry_is_tried_again_until_it_is_taken_and_health_knows() -> None:
    async def main() -> None:
        rig = Rig()
        rig.write(RETRY)
        rig.kafka.accept(1)
        for attempt in range(3):
            rig.kafka.refuse(-1 if attempt else 0)
            assert rig.pulse.reason is not None
            await until(lambda: len(rig.kafka.sent) == attempt + 3, "tried again")  # noqa: B023 - awaited at once
        assert rig.settled.claims == []
        rig.kafka.accept(-1)
        assert rig.settled.claims == [CLAIM]
        assert rig.pulse.reason is None
        assert rig.kafka.sent[-1][0] == RETRY

    run(main())


def test_a_retry_too_large_settles_once_its_dead_letter_and_that_one_s_result_are_written() -> None:
    rig = Rig()
    rig.write(RETRY, result=RESULT)
    rig.kafka.refuse(0, too_large=True)
    assert [RETRY, RESULT, LETTER, DEAD_RESULT] == [outgoing for outgoing, _ in rig.kafka.sent]
    rig.kafka.accept(2)
    rig.kafka.accept(3)
    assert rig.settled.claims == []
    rig.kafka.accept(1)
    assert rig.settled.claims == [CLAIM]
    assert rig.writer.pending == 0
    assert rig.pulse.reason is None


def test_a_retry_that_proves_too_large_after_other_trouble_ends_the_trouble() -> None:
    async def main() -> None:
        rig = Rig()
        rig.write(RETRY, result=None)
        rig.kafka.refuse(0)
        await until(lambda: len(rig.kafka.sent) == 2, "tried again")
        rig.kafka.refuse(1, too_large=True)
        rig.kafka.accept(2)
        rig.kafka.accept(3)
        assert rig.settled.claims == [CLAIM]
        assert rig.pulse.reason is None

    run(main())


def test_a_dead_letter_too_large_goes_without_its_value_at_once() -> None:
    rig = Rig()
    rig.write(LETTER)
    rig.kafka.refuse(0, too_large=True)
    again = rig.kafka.sent[-1][0]
    assert again.value is None
    assert again.topic == "email-dlq"
    rig.kafka.accept(1)
    rig.kafka.accept(2)
    assert rig.settled.claims == [CLAIM]


def test_it_is_full_by_bytes_until_enough_is_settled() -> None:
    async def main() -> None:
        rig = Rig(max_bytes=10)
        rig.write(Outgoing("email-dlq", 0, None, b"x" * 20), result=None)
        assert rig.writer.full
        waiting = asyncio.create_task(rig.writer.wait_for_room())
        await asyncio.sleep(0)
        assert not waiting.done()
        rig.kafka.accept(0)
        await waiting
        assert not rig.writer.full

    run(main())


def test_it_is_full_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PENDING_LIMIT", 2)
    rig = Rig()
    rig.write()
    assert not rig.writer.full
    rig.write()
    assert rig.writer.full
