"""One service over a topic whose partitions were each left in another state; all are resumed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from app.domain.record import Partition
from app.intake.checkpoint import Checkpoint, decode, encode
from tests.support.kafka_tools import Committed, Produced
from tests.support.log_surgery import LogSurgery
from tests.support.mails import flat
from tests.support.relay_thread import RelayThread
from tests.support.service import Service
from tests.support.services import Services
from tests.support.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools

EACH = 10


@dataclass(frozen=True)
class Case:
    """A partition of ten records (unless said otherwise), its checkpoint, and what follows."""

    name: str
    committed: Committed | None
    delivered: Sequence[int]
    said: str | None = None
    deleted_below: int = 0


DAMAGED = encode(6, 6, (2,))[:-1] + "A"
CASES = (
    Case("ours", Committed(8, encode(8, 8, (1, 5))), (1, 5, 8, 9)),
    Case("ours by settled offset", Committed(2, encode(2, 7, (2, 5))), (2, 5, 7, 8, 9)),
    Case("reset to an earlier offset", Committed(4, ""), range(4, 10), "set by another tool"),
    Case("reset to a later offset", Committed(8, ""), (8, 9), "set by another tool"),
    Case("another tool's metadata", Committed(5, '{"a": 1}'), range(5, 10), "set by another tool"),
    Case(
        "our text at another offset", Committed(3, encode(10, 10, (1, 2))), range(3, 10), "set by"
    ),
    Case(
        "a log shorter than the position",
        Committed(500, encode(500, 500, (3, 499))),
        range(10),
        "the log ends at 10, before the position 500: the topic was re-created or cut; "
        "starting at 0, 2 unsettled offsets are gone",
    ),
    Case(
        "retention passed the position",
        Committed(2, encode(2, 2, ())),
        range(6, 10),
        "retention took the offsets 2 to 5 before they were read",
        deleted_below=6,
    ),
    Case(
        "retention took unsettled offsets",
        Committed(8, encode(8, 8, (1, 3, 6))),
        (6, 8, 9),
        "retention took 2 unsettled offsets, 1 to 3",
        deleted_below=5,
    ),
    Case("retention took all", Committed(2, encode(2, 2, ())), (), "the offsets 2 to 9", 10),
    Case("no checkpoint: an added partition", None, range(10)),
    Case(
        "damaged, to be ignored",
        Committed(6, DAMAGED),
        range(6, 10),
        "the checkpoint is damaged: its checksum does not match; ignored as asked",
    ),
    # Offsets 3 to 5 aborted, 6 control, 7 to 8 committed, 9 control, 10 to 11 aborted, 12 control.
    Case(
        "transactions",
        Committed(3, encode(3, 3, (1,))),
        (1, 7, 8),
    ),
    Case(
        "unsettled offsets that the log does not hold",
        Committed(10, encode(10, 10, (1, 4, 6, 8, 9))),
        (1, 8),
        "unsettled messages are no longer in the log, 2 of them: offsets 4, 6",
    ),
    # Ten records, then two of a transaction that is still open.
    Case("reset to the end, beyond an open transaction", Committed(12, ""), (), "set by another"),
)
NUMBER = {case.name: number for number, case in enumerate(CASES)}
WITH_TRANSACTIONS = (
    NUMBER["transactions"],
    NUMBER["unsettled offsets that the log does not hold"],
)
OPEN = NUMBER["reset to the end, beyond an open transaction"]
BROKEN = NUMBER["damaged, to be ignored"]


@dataclass(frozen=True)
class Resumed:
    """`delivered` by partition; what was said; and the first start's end and words."""

    topics: Topics
    delivered: dict[int, list[int]]
    said: str
    checkpoints: dict[Partition, Checkpoint | None]
    ends: dict[Partition, int]
    refused_with: int
    refused: str


def mail(partition: int, offset: int) -> Produced:
    to = f"{partition}-{offset}@example.com"
    return Produced(flat(0, id=f"{partition}-{offset}", to=to), partition=partition)


def fill(tools: KafkaTools, surgery: LogSurgery, queue: str) -> None:
    tools.create_topic(queue, len(CASES))
    plain = [number for number in range(len(CASES)) if number not in WITH_TRANSACTIONS]
    tools.produce(queue, [mail(number, offset) for number in plain for offset in range(EACH)])
    mixed = WITH_TRANSACTIONS
    tools.produce(queue, [mail(number, offset) for number in mixed for offset in range(3)])
    for ending, offsets in (
        (surgery.abort_transaction, (3, 4, 5)),
        (surgery.commit_transaction, (7, 8)),
        (surgery.abort_transaction, (10, 11)),
    ):
        ending(queue, [mail(number, offset) for number in mixed for offset in offsets])
    surgery.leave_transaction_open(queue, [mail(OPEN, 10), mail(OPEN, 11)])
    surgery.delete_records(
        {
            Partition(queue, number): case.deleted_below
            for number, case in enumerate(CASES)
            if case.deleted_below
        }
    )


@pytest.fixture(scope="module")
def resumed(
    kafka: Broker, kafka_tools: KafkaTools, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Resumed]:
    if not kafka.is_apache:
        pytest.skip("the embedded broker knows neither transactions nor DeleteRecords")
    topics = Topics.unique()
    fill(kafka_tools, LogSurgery(kafka.brokers), topics.queue)
    kafka_tools.commit(
        topics.group,
        {
            Partition(topics.queue, number): case.committed
            for number, case in enumerate(CASES)
            if case.committed
        },
    )
    folder = tmp_path_factory.mktemp("resuming")
    with RelayThread() as relay:
        first = Services(folder, kafka.brokers, topics).to(relay.port, name="first")
        with first:
            refused_with = first.wait()
        assert relay.recipients == []
        service = Service(folder / "second", first.env, ("run", "--ignore-checkpoint"))
        expected = sum(len(case.delivered) for case in CASES)
        with service:
            relay.wait_for(expected)
            service.wait_for(
                lambda: (
                    {at: one.offset for at, one in kafka_tools.committed(topics.group).items()}
                    == kafka_tools.ends(topics.queue)
                ),
                "every position reaches its log's end",
            )
            service.terminate()
            assert service.wait() == 0
        delivered = defaultdict(list)
        for recipient in relay.recipients:
            number, offset = map(int, recipient.partition("@")[0].split("-"))
            delivered[number].append(offset)
    yield Resumed(
        topics,
        delivered,
        service.output,
        {
            at: decode(one.metadata, one.offset)
            for at, one in kafka_tools.committed(topics.group).items()
        },
        kafka_tools.ends(topics.queue),
        refused_with,
        first.output,
    )
    kafka_tools.delete_topics_of(topics)


def test_an_unreadable_checkpoint_ends_with_1_and_says_where_and_what_to_do(
    resumed: Resumed,
) -> None:
    assert resumed.refused_with == 1
    assert f"{resumed.topics.queue}/{BROKEN}, group {resumed.topics.group}" in resumed.refused
    assert "its checksum does not match" in resumed.refused
    assert "--ignore-checkpoint" in resumed.refused
    assert "Traceback" not in resumed.refused


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exactly_what_the_checkpoint_leaves_is_delivered_once(resumed: Resumed, case: Case) -> None:
    assert list(case.delivered) == sorted(resumed.delivered[NUMBER[case.name]])


@pytest.mark.parametrize("case", [case for case in CASES if case.said], ids=lambda case: case.name)
def test_what_is_not_as_it_was_left_is_said(resumed: Resumed, case: Case) -> None:
    place = f"{resumed.topics.queue}/{NUMBER[case.name]}: "
    said = [line for line in resumed.said.splitlines() if place in line]
    assert case.said
    assert any(case.said in line for line in said), said


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.said], ids=lambda case: case.name
)
def test_what_is_as_it_was_left_raises_no_warning(resumed: Resumed, case: Case) -> None:
    place = f"{resumed.topics.queue}/{NUMBER[case.name]}: "
    said = [line for line in resumed.said.splitlines() if place in line]
    assert not any('"warning"' in line or '"error"' in line for line in said), said


def test_every_position_ends_at_its_logs_end_with_nothing_unsettled(resumed: Resumed) -> None:
    assert {at: Checkpoint(end) for at, end in resumed.ends.items()} == resumed.checkpoints
