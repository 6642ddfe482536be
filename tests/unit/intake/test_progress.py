"""How long things wait in a partition, as the reader can tell without asking Kafka."""

from __future__ import annotations

from app.domain.record import Partition, Record
from app.intake.assigned import Assigned
from app.intake.ledger import PartitionLedger
from app.intake.meter import Meter

QUEUE = Partition("email-queue", 0)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def record(offset: int, at_ms: int) -> Record:
    return Record(*QUEUE, offset, at_ms, None, b"12345", ())


def test_the_oldest_unsettled_counts_from_when_it_was_taken_up() -> None:
    clock = Clock()
    ledger = PartitionLedger(1, 0, clock=clock)
    assert ledger.oldest_s() == 0.0
    ledger.take(0)
    clock.now += 5
    ledger.take(1)
    clock.now += 2
    assert ledger.oldest_s() == 7.0
    ledger.settle(0)
    assert ledger.oldest_s() == 2.0
    ledger.settle(1)
    assert ledger.oldest_s() == 0.0


def test_what_the_checkpoint_left_unsettled_counts_from_the_assignment_on() -> None:
    clock = Clock()
    ledger = PartitionLedger(1, 10, (3, 7), clock=clock)
    clock.now += 4
    assert ledger.oldest_s() == 4.0
    ledger.take(3)
    clock.now += 1
    assert ledger.oldest_s() == 1.0
    ledger.give_up(3)
    assert ledger.oldest_s() == 5.0


def test_a_record_that_was_read_waits_since_it_was_written() -> None:
    state = Assigned(QUEUE, PartitionLedger(1, 0))
    assert state.waiting_since_ms() is None
    state.leftover.extend([record(0, 5_000), record(1, 4_000), record(2, 9_000)])
    assert state.waiting_since_ms() == 5_000
    state.submitted()
    assert state.waiting_since_ms() == 4_000


def test_what_was_not_read_yet_was_written_after_what_was() -> None:
    state = Assigned(QUEUE, PartitionLedger(1, 0))
    state.leftover.extend([record(0, 5_000), record(1, 4_000)])
    state.submitted()
    state.submitted()
    assert state.waiting_since_ms() == 5_000


def test_a_pause_lasts_until_there_is_room_and_counts_once() -> None:
    clock = Clock()
    meter = Meter(clock)
    meter.go_on()
    meter.pause()
    clock.now += 3
    meter.pause()
    assert (1, 3.0) == (meter.pauses, meter.paused_s)
    meter.go_on()
    clock.now += 9
    assert (1, 3.0) == (meter.pauses, meter.paused_s)


def test_records_and_bytes_are_told_apart_by_topic() -> None:
    meter = Meter(Clock())
    meter.read("email-queue", [record(0, 1), record(1, 1)])
    meter.read("email-queue-retry-5m", [record(0, 1)])
    assert {"email-queue": 2, "email-queue-retry-5m": 1} == meter.records
    assert {"email-queue": 10, "email-queue-retry-5m": 5} == meter.bytes
