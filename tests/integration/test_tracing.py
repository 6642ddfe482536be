"""A message has one trace, from the producer's record over its retries to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tests.support.collector import Collector
from tests.support.kafka_tools import Produced
from tests.support.mails import flat
from tests.support.relay_thread import RelayThread
from tests.support.smtp_actions import Say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.record import Record
    from tests.support.collector import Span
    from tests.support.kafka_tools import KafkaTools
    from tests.support.services import Services
    from tests.support.topics import Topics

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
UNSAMPLED = "00-11111111111111111111111111111111-b7ad6b7169203331-00"
CONSUMER, CLIENT = 5, 3


def parent_of(record: Record) -> tuple[str, str, str]:
    """Trace, span and flags that the record's `traceparent` names; it has one."""
    (found,) = [value for name, value in record.headers if name == "traceparent"]
    _, trace, span, flags = found.decode().split("-")
    return trace, span, flags


def named(spans: Iterable[Span], name: str) -> list[Span]:
    return [span for span in spans if span.name == name]


def test_a_message_that_is_retried_has_one_trace(
    services: Services, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    retry = f"{topics.queue}-retry-1s"
    with Collector() as collector, RelayThread() as relay:
        relay.server.on("RCPT", Say("451 4.2.1 not now, secret@example.com"))
        kafka_tools.produce(
            topics.queue,
            [Produced(flat(1), headers=(("traceparent", PARENT.encode()), ("tracestate", b"k=v")))],
        )
        with services.to(relay.port, **collector.env, RETRY_DELAYS="1s") as service:
            first, last = kafka_tools.wait_for_records(topics.results, 2)
            service.terminate()
            assert service.wait() == 0
        (waited,) = kafka_tools.read_all(retry)
        spans = collector.spans
        events = [*service.named("email.retrying"), *service.named("email.delivered")]
    (attempt,) = named(spans, f"process {topics.queue}")
    (again,) = named(spans, f"process {retry}")
    assert {span.trace for span in spans} == {TRACE}
    assert "b7ad6b7169203331" == attempt.parent
    assert attempt.id == again.parent
    assert (TRACE, attempt.id, "01") == parent_of(first) == parent_of(waited)
    assert (TRACE, again.id, "01") == parent_of(last)
    assert dict(waited.headers)["tracestate"] == b"k=v"
    assert waited.value == orjson.dumps(flat(1))
    assert [event["trace_id"] for event in events] == [TRACE, TRACE]
    assert attempt.failed
    assert attempt.attributes["error.type"] == "temporary"
    assert not again.failed
    wanted = {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.destination.name": topics.queue,
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 0,
        "messaging.consumer.group.name": topics.group,
        "messaging.message.id": "flat-1",
        "mailer.origin": f"{topics.queue}/0/0",
        "mailer.status": "retrying",
        "mailer.smtp.code": 451,
    }
    assert wanted.items() <= attempt.attributes.items()
    assert attempt.kind == CONSUMER
    assert attempt.resource["service.name"] == "kafka-mailer"
    inside = {span.name for span in spans if span.parent == again.id}
    assert inside == {"wait", "compose", "send"}
    sending = next(span for span in named(spans, "send") if span.parent == again.id)
    assert sending.kind == CLIENT
    assert {span.name for span in spans if span.parent == sending.id} == {
        "connection",
        "envelope",
        "message",
        "final reply",
    }
    assert not any(b"example.com" in body for body in collector.received)


def test_what_is_not_sampled_is_passed_on_and_what_is_no_context_is_passed_over(
    services: Services, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    with Collector() as collector, RelayThread() as relay:
        kafka_tools.produce(
            topics.queue,
            [
                Produced(flat(1), headers=(("traceparent", UNSAMPLED.encode()),)),
                Produced(flat(2), headers=(("traceparent", b"00-bad\xff-01"),)),
                Produced({"id": "3", "to": "nobody"}),
            ],
        )
        with services.to(relay.port, **collector.env) as service:
            results = kafka_tools.wait_for_records(topics.results, 3)
            service.terminate()
            assert service.wait() == 0
        spans = collector.spans
    by_id = {orjson.loads(each.value or b"")["origin"][-1]: parent_of(each) for each in results}
    assert (UNSAMPLED[3:35], "00") == (by_id["0"][0], by_id["0"][2])
    roots = {span.trace: span for span in named(spans, f"process {topics.queue}")}
    assert {by_id["1"][0], by_id["2"][0]} == set(roots)
    assert not any(root.parent for root in roots.values())
    assert roots[by_id["2"][0]].attributes["error.type"] == "invalid_message"


def test_without_tracing_the_producer_s_context_goes_on_as_it_is(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    relay.server.always("RCPT", Say("550 5.7.1 no"))
    kafka_tools.produce(
        topics.queue,
        [Produced(flat(1), headers=(("traceparent", PARENT.encode()),)), Produced(flat(2))],
    )
    with services.to(relay.port):
        results = kafka_tools.wait_for_records(topics.results, 2)
        letters = kafka_tools.wait_for_records(topics.dlq, 2)
    for first, second in (results, letters):
        assert parent_of(first) == (TRACE, "b7ad6b7169203331", "01")
        assert "traceparent" not in dict(second.headers)
