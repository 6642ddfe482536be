"""Whoever sits at a terminal is asked before much is sent or anything is deleted."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Command
from tests.support.command_line import Said, ended
from tests.support.dead_letters import dead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics

LETTERS = 11
"""One more than are sent unasked."""


@pytest.fixture
def dlq(kafka: Broker, kafka_tools: KafkaTools, topics: Topics) -> Command:
    if not kafka.is_apache:
        pytest.skip("DeleteRecords is Kafka's own")
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.create_topic(topics.dlq, 1)
    kafka_tools.produce(topics.dlq, map(dead, range(LETTERS)))
    return Command("dlq", env={"KAFKA_BROKERS": kafka.brokers, **topics.env()})


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Its keyboard, and what a command reads from it."""
    keyboard, stdin = os.openpty()
    try:
        yield keyboard, stdin
    finally:
        os.close(keyboard)
        os.close(stdin)


def asked(dlq: Command, *arguments: str, answer: bytes) -> Said:
    with terminal() as (keyboard, stdin):
        os.write(keyboard, answer)
        with dlq.start(*arguments, stdin=stdin) as process:
            return ended(process)


def test_a_replay_of_many_asks_and_a_no_sends_nothing(
    dlq: Command, kafka_tools: KafkaTools, topics: Topics
) -> None:
    refused = asked(dlq, "replay", "--all", answer=b"n\n")
    assert refused.code == 1
    assert refused.err == f"Send 11 dead letters to {topics.queue}? [y/N]: nothing was done\n"
    assert kafka_tools.read_all(topics.queue) == []
    assert asked(dlq, "replay", "--all", answer=b"y\n").code == 0
    assert len(kafka_tools.read_committed(topics.queue)) == LETTERS


def test_few_letters_are_replayed_unasked(
    dlq: Command, kafka_tools: KafkaTools, topics: Topics
) -> None:
    assert dlq("replay", "0/0").code == 0
    done = asked(dlq, "replay", "--all", answer=b"")
    assert (done.code, done.err) == (
        0,
        f"10 letters sent to {topics.queue}, 1 left alone as replayed before\n",
    )
    assert len(kafka_tools.read_committed(topics.queue)) == LETTERS


def test_a_purge_shows_what_goes_and_asks_and_a_no_deletes_nothing(
    dlq: Command, kafka_tools: KafkaTools, topics: Topics
) -> None:
    refused = asked(dlq, "purge", "--all", answer=b"n\n")
    assert refused.code == 1
    assert "offsets 0 to 10  none" in refused.out
    assert (
        refused.err == f"Delete 11 dead letters of {topics.dlq} for good? [y/N]: nothing was done\n"
    )
    assert len(kafka_tools.read_all(topics.dlq)) == LETTERS
    done = asked(dlq, "purge", "--all", answer=b"y\n")
    assert done.code == 0
    assert done.err.endswith("11 dead letters deleted\n")
    assert kafka_tools.read_all(topics.dlq) == []


def test_a_reader_of_the_output_that_leaves_ends_a_listing_in_peace(dlq: Command) -> None:
    with dlq.start("list", "--json") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait(60)) == ("", 0)
