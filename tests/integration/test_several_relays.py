"""Relays for some mail only, in the real service: each by its own, or dead with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.mails import flat
from tests.support.relay_thread import RelayThread

if TYPE_CHECKING:
    from tests.support.kafka_tools import KafkaTools
    from tests.support.services import Services
    from tests.support.topics import Topics


def test_each_message_goes_by_the_relay_of_its_type_or_is_a_dead_letter_that_says_why(
    services: Services, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(
        topics.queue,
        [
            flat(1, type="receipt"),
            {**flat(2), "from": "news@letters.example"},
            flat(3, type="welcome"),
        ],
    )
    with RelayThread() as receipts, RelayThread() as letters:
        with services.to(
            receipts.port,
            SMTP_RELAYS=f"smtp://127.0.0.1:{receipts.port}?name=receipts&type=receipt,"
            f"smtp://127.0.0.1:{letters.port}?name=letters&sender=letters.example",
        ) as service:
            (dead,) = service.wait_for_events("email.dead")
            delivered = service.wait_for_events("email.delivered", 2)
        assert receipts.recipients == ["flat-1@example.com"]
        assert letters.recipients == ["flat-2@example.com"]
    assert {("flat-1", "receipts"), ("flat-2", "letters")} == {
        (one["id"], one["relay"]) for one in delivered
    }
    assert ("flat-3", "sender", "error") == (dead["id"], dead["error_kind"], dead["level"])
    (letter,) = kafka_tools.read_all(topics.dlq)
    headers = dict(letter.headers)
    assert b"0" == headers["mail-attempt"], "no attempt was made"
    assert headers["mail-error-text"].startswith(b"no relay serves messages of type welcome and")
