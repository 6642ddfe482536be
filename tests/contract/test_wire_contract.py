"""The record that producers write, row by row of the contract, in either shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from app.domain import wire
from app.domain.job import Trail
from app.domain.message import Address, Attachment, Message, MessagePriority, Unsubscribe
from app.domain.outcome import ErrorKind
from app.domain.record import Origin
from app.domain.smtp import Reply
from app.intake.decode import Decoder, DecoderConfig
from app.intake.trail import read_trail
from app.outcomes.headers import Failure, marked
from tests.support.records import (
    ENVELOPE,
    FLAT,
    binary_event,
    enveloped,
    event,
    flat,
    json_record,
    record,
)

DECODER: Final = Decoder(DecoderConfig(max_bytes=10 << 20))
ANN: Final = Address("ann", "example.com")
NAMED: Final = Address("ann", "example.com", "Ann")
PEOPLE: Final = ["ann@example.com", {"name": "Bob", "address": "bob@example.com"}]
PEOPLE_READ: Final = (ANN, Address("bob", "example.com", "Bob"))
NOON: Final = datetime(2030, 1, 31, 12, tzinfo=UTC)

ROWS: Final[list[tuple[str, object, str, object]]] = [
    ("id", "x" * 200, "id", "x" * 200),
    ("from", "ann@example.com", "sender", ANN),
    ("from", "Ann <ann@example.com>", "sender", NAMED),
    ("from", {"name": "Ann", "address": "ann@example.com"}, "sender", NAMED),
    ("envelope_from", "ann@example.com", "envelope_from", ANN),
    ("envelope_from", "<>", "envelope_from", ""),
    ("to", "Ann <ann@example.com>", "to", (NAMED,)),
    ("to", PEOPLE, "to", PEOPLE_READ),
    ("cc", PEOPLE, "cc", PEOPLE_READ),
    ("bcc", PEOPLE, "bcc", PEOPLE_READ),
    ("reply_to", "ann@example.com", "reply_to", (ANN,)),
    ("reply_to", PEOPLE, "reply_to", PEOPLE_READ),
    ("subject", "Grüße", "subject", "Grüße"),
    ("text", "Hello\r\n", "text", "Hello\r\n"),
    ("html", "<p>Hello", "html", "<p>Hello"),
    ("template", "order-confirmation", "template", "order-confirmation"),
    ("data", {"items": [{"price": 3.5}]}, "data", {"items": [{"price": 3.5}]}),
    ("headers", {"X-Campaign": "spring"}, "headers", {"X-Campaign": "spring"}),
    (
        "attachments",
        [
            {
                "filename": "logo.png",
                "content_type": "image/png",
                "content": "AAEC",
                "disposition": "inline",
                "content_id": "logo",
            }
        ],
        "attachments",
        (Attachment("logo.png", "image/png", b"\0\1\2", "inline", "logo"),),
    ),
    *(("priority", str(each), "priority", each) for each in MessagePriority),
    ("send_at", "2030-01-31T12:00:00Z", "send_at", NOON),
    ("expires_at", "2030-01-31T13:00:00+01:00", "expires_at", NOON),
    ("max_retries", 0, "max_retries", 0),
    ("max_retries", 9, "max_retries", 9),
    (
        "unsubscribe",
        {"url": "https://example.com/u", "mailto": "u@example.com", "one_click": True},
        "unsubscribe",
        Unsubscribe("https://example.com/u", "u@example.com", one_click=True),
    ),
    ("locale", "pt-BR", "locale", "pt-BR"),
    ("tags", ["a", "b"], "tags", ("a", "b")),
    ("metadata", {"order": 17}, "metadata", {"order": 17}),
    ("retry_count", 2, "retry_count", 2),
]


def message_of(document: dict[str, Any]) -> Message:
    return DECODER.decode(json_record(document)).message


@pytest.mark.parametrize(
    ("field", "example", "attribute", "expected"), ROWS, ids=[row[0] for row in ROWS]
)
def test_a_row_means_the_same_in_both_shapes_and_in_an_event(
    field: str, example: object, attribute: str, expected: object
) -> None:
    row = {**FLAT, field: example}
    assert expected == getattr(message_of(row), attribute)
    assert expected == getattr(message_of(event(row)), attribute)
    assert expected == getattr(DECODER.decode(binary_event(row)).message, attribute)
    inner = {**ENVELOPE["message"], field: example}
    assert expected == getattr(message_of({**ENVELOPE, "message": inner}), attribute)


def test_the_label_of_both_shapes() -> None:
    assert message_of({**FLAT, "type": "receipt"}).type == "receipt"
    assert message_of({**ENVELOPE, "type": "receipt"}).type == "receipt"


def test_an_events_id_and_type_stand_in_for_absent_ones() -> None:
    bare = {name: value for name, value in FLAT.items() if name != "id"}
    for mail in (json_record(event(bare)), binary_event(bare)):
        message = DECODER.decode(mail).message
        assert (message.id, message.id_given, message.type) == ("event-17", True, "order.placed")
    for mail in (json_record(event(FLAT)), binary_event(FLAT)):
        assert DECODER.decode(mail).message.id == FLAT["id"]


def test_the_shortest_flat_record() -> None:
    document = {"id": "1", "to": "ann@example.com", "subject": "Hello", "text": "Hello"}
    assert message_of(document).recipients == (ANN,)


def test_one_recipient_anywhere_suffices() -> None:
    for field in ("to", "cc", "bcc"):
        document = {"subject": "Hello", "text": "Hello", field: "ann@example.com"}
        assert message_of(document).recipients == (ANN,)


def test_an_absent_max_retries_is_the_default_and_never_zero() -> None:
    assert message_of(FLAT).max_retries is None
    assert DECODER.decode(flat(max_retries=None)).message.max_retries is None
    assert DECODER.decode(enveloped(max_retries=...)).message.max_retries is None


def test_unknown_fields_are_ignored() -> None:
    assert message_of({**FLAT, "colour": "red"}) == message_of(FLAT)
    assert message_of({**ENVELOPE, "colour": "red"}) == message_of(ENVELOPE)


def test_what_the_envelopes_producers_keep_for_themselves_is_ignored() -> None:
    bare = {
        name: value
        for name, value in ENVELOPE["message"].items()
        if name not in {"status", "error_msg", "timestamp"}
    }
    assert message_of({**ENVELOPE, "message": bare}) == message_of(ENVELOPE)


def test_the_names_of_the_headers() -> None:
    expected = {
        *("mail-id", "mail-attempt", "mail-not-before", "mail-first-seen", "mail-origin"),
        *("mail-recipients", "mail-error-kind", "mail-error-code", "mail-error-text"),
        "mail-failed-at",
    }
    assert expected == wire.OURS


def test_what_is_written_on_a_retry_is_read_from_it() -> None:
    first = Trail(Origin("email-queue", 3, 17), first_seen_ms=1_763_800_000_000)
    headers = marked(
        (("traceparent", b"00-1-2-03"),),
        mail_id="order-17",
        trail=first,
        attempts=2,
        recipients=["ann@example.com"],
        failure=Failure(ErrorKind.TEMPORARY, Reply(451, "4.7.1", "later"), "", 1_763_800_001_000),
        not_before_ms=1_763_800_030_000,
    )
    assert read_trail(record(b"", headers)) == Trail(
        origin=first.origin,
        first_seen_ms=first.first_seen_ms,
        attempts=2,
        not_before_ms=1_763_800_030_000,
        recipients=("ann@example.com",),
        last_kind=ErrorKind.TEMPORARY,
    )
    assert ("traceparent", b"00-1-2-03") in headers
