"""The servers of the suite themselves: each is what the tests take it for."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from app.domain.record import Partition
from tests.support.backends import Broker, Ladder, NotAvailable
from tests.support.backends.maven import ApacheKafka
from tests.support.kafka_tools import Committed, KafkaTools, Produced

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.postfix import Postfix
    from tests.support.smtp_sink import SmtpSink
    from tests.support.topics import Topics


class Rung:
    """A backend made of what a test says of it."""

    def __init__(self, *, here: bool = True, starts: bool = True) -> None:
        self._here = here
        self._starts = starts
        self.running = False

    def describe(self) -> str:
        if not self._here:
            raise NotAvailable("not here")
        return "a rung"

    def start(self, folder: Path) -> Broker:
        if not self._starts:
            raise NotAvailable("does not start")
        self.running = True
        return Broker("127.0.0.1:1", "a rung", is_apache=False)

    def stop(self) -> None:
        self.running = False


def rungs(**made: Rung) -> dict[str, Callable[[], Rung]]:
    def ready(rung: Rung) -> Callable[[], Rung]:
        return lambda: rung

    return {name: ready(rung) for name, rung in made.items()}


def test_the_highest_rung_that_is_here_is_taken(tmp_path: Path) -> None:
    high, middle, low = Rung(here=False), Rung(), Rung()
    ladder = Ladder(rungs=rungs(high=high, middle=middle, low=low))

    ladder.start(tmp_path)

    assert (high.running, middle.running, low.running) == (False, True, False)
    ladder.stop()
    assert not middle.running


def test_a_rung_that_breaks_is_passed_over_and_told(tmp_path: Path) -> None:
    low = Rung()
    ladder = Ladder(rungs=rungs(high=Rung(starts=False), low=low))

    ladder.start(tmp_path)

    assert low.running
    assert ladder.notes == ["high was chosen but failed: does not start"]


def test_a_forced_rung_is_the_only_one(tmp_path: Path) -> None:
    ladder = Ladder("high", rungs(high=Rung(starts=False), low=Rung()))

    with pytest.raises(NotAvailable, match="high: does not start"):
        ladder.start(tmp_path)


def test_an_unknown_rung_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="TEST_KAFKA=mavne: allowed are given, docker, maven"):
        Ladder("mavne")


def test_what_is_written_is_read_back_whole(kafka_tools: KafkaTools, topics: Topics) -> None:
    kafka_tools.create_topic(topics.queue, partitions=3)
    written = kafka_tools.produce(
        topics.queue,
        [Produced({"n": n}, key=b"%d" % n, headers=[("h", b"\x00\xff")]) for n in range(2000)],
    )

    found = kafka_tools.read_all(topics.queue)

    assert sorted(written) == [(one.partition, one.offset) for one in found]
    assert {b'{"n":%d}' % n for n in range(2000)} == {one.value for one in found}
    assert all(one.headers == (("h", b"\x00\xff"),) for one in found)


def test_null_and_raw_values_are_written_as_they_are(
    kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue)
    kafka_tools.produce(topics.queue, [None, b"\xff", Produced(None, timestamp_ms=1_000)])

    found = kafka_tools.read_all(topics.queue)

    assert [one.value for one in found] == [None, b"\xff", None]
    assert found[2].timestamp_ms == 1_000


def test_an_absent_topic_is_empty(kafka_tools: KafkaTools, topics: Topics) -> None:
    assert kafka_tools.read_all(topics.queue) == []
    assert kafka_tools.lag(topics.group, topics.queue) == 0


def test_lag_and_commit_metadata_are_seen(
    kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue, partitions=2)
    kafka_tools.produce(topics.queue, [Produced(b"x", partition=0)] * 5)
    assert kafka_tools.lag(topics.group, topics.queue) == 5

    kafka_tools.commit(topics.group, {Partition(topics.queue, 0): Committed(3, "noted")})

    assert kafka_tools.committed(topics.group) == {
        Partition(topics.queue, 0): Committed(3, "noted")
    }
    assert kafka_tools.lag(topics.group, topics.queue) == 2


def test_apache_kafka_keeps_its_records_through_a_kill(tmp_path: Path) -> None:
    ladder = Ladder("maven")
    if ladder.describe().startswith("none"):
        pytest.skip(ladder.describe())
    node = ApacheKafka(tmp_path, {"broker.session.timeout.ms": "3000"})
    try:
        node.start()
        tools = KafkaTools(node.brokers)
        tools.create_topic("kept")
        tools.produce("kept", [b"1", b"2"])
        node.kill()
        node.start()
        assert [one.value for one in tools.read_all("kept")] == [b"1", b"2"]
    finally:
        node.kill()


def mail(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "sender@example.com"
    message["To"] = to
    message["Message-ID"] = f"<{to}>"
    message["Subject"] = "Hello"
    message.set_content("A body")
    return message


def test_postfix_delivers_into_its_maildir(postfix: Postfix) -> None:
    with smtplib.SMTP(postfix.host, postfix.port) as client:
        client.ehlo()
        assert client.has_extn("pipelining")
        assert not client.has_extn("starttls")
        for n in range(20):
            client.send_message(mail(f"reader{n}@anywhere.example"))

    found = postfix.wait_for(20)

    assert {one.recipient for one in found} == {f"reader{n}@anywhere.example" for n in range(20)}
    assert {one.message_id for one in found} == {f"<{one.recipient}>" for one in found}
    assert {one.message.get_content() for one in found} == {"A body\n"}


@pytest.mark.parametrize(
    ("recipient", "code"),
    [("unknown", 550), ("full", 552), ("blocked", 554), ("greylisted", 450)],
)
def test_postfix_refuses_what_it_is_told_to(postfix: Postfix, recipient: str, code: int) -> None:
    with (
        smtplib.SMTP(postfix.host, postfix.port) as client,
        pytest.raises(smtplib.SMTPRecipientsRefused) as refused,
    ):
        client.send_message(mail(f"{recipient}@example.com"))

    assert refused.value.recipients[f"{recipient}@example.com"][0] == code
    assert postfix.count() == 0


def test_smtp_sink_takes_mail(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as client:
        client.send_message(mail("reader@example.com"))

    assert [b"A body" in kept for kept in smtp_sink.mails()] == [True]
