"""From a topic to a mailbox: every message once, every result written, nothing left over."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.support.mails import envelope, flat
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.services import Services
    from tests.support.topics import Topics

EACH = 1000
TWICE = {f"flat-{n}@example.com" for n in range(EACH)} | {
    f"envelope-{n}@example.com" for n in range(EACH)
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("policy", ["submitted", "settled"])
def test_what_was_produced_before_the_first_start_is_delivered_once(
    policy: str, services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 4)
    kafka_tools.produce(
        topics.queue, [shape(number) for number in range(EACH) for shape in (flat, envelope)]
    )
    with services.to(postfix.port, KAFKA_COMMIT=policy) as service:
        results = kafka_tools.wait_for_records(topics.results, 2 * EACH, within=120)
        postfix.wait_for(2 * EACH, within=60)
        wait_until(lambda: not kafka_tools.lag(topics.group, topics.queue), "the lag is 0")
        service.terminate()
        assert service.wait() == 0
    arrived = Counter(mail.recipient for mail in postfix.mails())
    assert set(arrived) == TWICE
    assert max(arrived.values()) == 1
    statuses = Counter(orjson.loads(result.value or b"")["status"] for result in results)
    assert statuses == {"delivered": 2 * EACH}
    assert kafka_tools.read_all(topics.dlq) == []


def test_the_mail_says_what_the_message_asked_for(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(
        topics.queue,
        [
            flat(
                1,
                to=[{"name": "Jörg Müßig", "address": "joerg@example.com"}],
                cc="copy@example.com",
                bcc="hidden@example.com",
                subject="Grüße",
                html="<p>Grüße</p>",
                headers={"X-Order": "17"},
                attachments=[
                    {
                        "filename": "rechnung.txt",
                        "content_type": "text/plain",
                        "content": "aGFsbG8=",
                    }
                ],
            ),
            envelope(2),
        ],
    )
    with services.to(postfix.port):
        mails = {mail.recipient: mail for mail in postfix.wait_for(4)}
    assert set(mails) == {
        "joerg@example.com",
        "copy@example.com",
        "hidden@example.com",
        "envelope-2@example.com",
    }
    rich = mails["hidden@example.com"].message
    assert rich["subject"] == "Grüße"
    assert rich["to"].addresses[0].display_name == "Jörg Müßig"
    assert rich["cc"] == "copy@example.com"
    assert "hidden@example.com" not in str(rich["to"]) + str(rich["bcc"])
    assert rich["x-order"] == "17"
    text = rich.get_body(("plain",))
    html = rich.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "This is message 1."
    assert "Grüße" in html.get_content()
    (attached,) = rich.iter_attachments()
    assert attached.get_filename() == "rechnung.txt"
    assert attached.get_content() == "hallo"
    body = mails["envelope-2@example.com"].message.get_body(("plain",))
    assert body is not None
    assert "https://example.com/reset/2" in body.get_content()


def test_the_result_and_the_log_tell_the_fate_and_the_log_masks_the_address(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [flat(1, type="greeting", tags=["a"], metadata={"k": 1})])
    with services.to(postfix.port) as service:
        (record,) = kafka_tools.wait_for_records(topics.results, 1)
        (event,) = service.wait_for_events("email.delivered")
        assert "flat-1@example.com" not in service.output
    result = orjson.loads(record.value or b"")
    assert result["id"] == "flat-1"
    assert result["status"] == "delivered"
    assert result["attempt"] == 1
    assert result["code"] == 250
    assert result["type"] == "greeting"
    assert result["tags"] == ["a"]
    assert result["metadata"] == {"k": 1}
    assert result["recipients"] == [
        {"address": "flat-1@example.com", "status": "delivered", "code": 250}
    ]
    assert result["relay_id"]
    assert result["origin"] == f"{topics.queue}/0/0"
    assert event["recipients"][0]["address"] == "f***@example.com"
