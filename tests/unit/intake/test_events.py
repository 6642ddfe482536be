"""CloudEvents events whose data is a message."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from app.domain.errors import InvalidMessage
from app.intake.decode import Decoder, DecoderConfig
from tests.support.records import (
    ENVELOPE,
    EVENT,
    FLAT,
    binary_event,
    event,
    json_record,
    record,
)

if TYPE_CHECKING:
    from app.domain.message import Message
    from app.domain.record import Record

BARE = {name: value for name, value in FLAT.items() if name != "id"}
STRUCTURED = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)


def decoder(**ttl: float) -> Decoder:
    return Decoder(DecoderConfig(max_bytes=1_000_000, ttl=ttl))


def message_of(mail: Record) -> Message:
    return decoder().decode(mail).message


def refused(mail: Record) -> tuple[str, str]:
    with pytest.raises(InvalidMessage) as caught:
        decoder().decode(mail)
    return caught.value.field, caught.value.reason


def base64(document: object) -> str:
    return b64encode(orjson.dumps(document)).decode()


@pytest.mark.parametrize(
    "mail",
    [
        json_record(event(BARE)),
        json_record(event(BARE), STRUCTURED),
        json_record(event(data_base64=base64(BARE))),
        json_record(event(None, data_base64=base64(BARE))),
        json_record(event(BARE, specversion="1.1")),
        binary_event(BARE),
        binary_event(BARE, **{"content-type": "application/json"}),
        # A gateway may write both: what the value says goes.
        json_record(event(BARE), (("ce_specversion", b"1.0"), ("ce_id", b"other"))),
    ],
)
def test_id_and_type_of_an_event_stand_in_for_those_that_its_message_lacks(mail: Record) -> None:
    message = message_of(mail)
    assert (message.id, message.id_given, message.type) == ("event-17", True, "order.placed")
    assert message.subject == FLAT["subject"]


@pytest.mark.parametrize("make", [lambda data: json_record(event(data)), binary_event])
def test_the_messages_own_id_and_type_come_before_its_events(make: Any) -> None:
    message = message_of(make({**FLAT, "type": "receipt"}))
    assert (message.id, message.type) == ("order-17", "receipt")
    message = message_of(make(ENVELOPE))
    assert (message.id, message.type) == ("reset-17", "password_reset")
    assert message.template == "password-reset"


def test_an_events_type_comes_before_its_records() -> None:
    mail = json_record(event(BARE), (("type", b"receipt"),))
    assert message_of(mail).type == "order.placed"
    mail = json_record(event(BARE, type=...), (("type", b"receipt"),))
    assert message_of(mail).type == "receipt"


@pytest.mark.parametrize("nothing", ["", None])
def test_an_empty_id_or_type_of_an_event_counts_as_absent(nothing: object) -> None:
    message = message_of(json_record(event(BARE, id=nothing, type=nothing)))
    assert (message.id, message.id_given, message.type) == ("email-queue-3-17", False, None)
    assert message_of(binary_event(BARE, id="", type="")) == message


def test_an_events_type_gives_its_message_a_life() -> None:
    found = decoder(**{"order.placed": 3600.0}).decode(json_record(event(BARE)))
    assert found.message.expires_at is not None


def test_attributes_of_an_event_are_no_unknown_fields() -> None:
    for mail in (json_record(event({**BARE, "colour": "red"})), binary_event({**BARE, "size": 1})):
        one = decoder()
        one.decode(mail)
        assert one.unknown_fields in {("colour",), ("size",)}


def test_a_message_with_recipients_is_one_whatever_else_it_has() -> None:
    document = {**FLAT, "specversion": "1.0", "template": "plain", "data": {"body": "x"}}
    assert message_of(json_record(document)).data == {"body": "x"}


@pytest.mark.parametrize(
    ("mail", "field", "reason"),
    [
        (json_record(event(BARE, specversion="0.3")), "specversion", "must be 1.0"),
        (json_record(event(BARE, specversion="10")), "specversion", "must be 1.0"),
        (json_record(event(BARE, specversion=1.0)), "specversion", "must be 1.0"),
        (json_record(event(BARE, specversion=...), STRUCTURED), "specversion", "is required"),
        (binary_event(BARE, specversion="2.0"), "header ce_specversion", "must be 1.0"),
        (binary_event(BARE, specversion=""), "header ce_specversion", "is required"),
        (json_record(event()), "data", "is required"),
        (json_record(event(None)), "data", "is required"),
        (json_record(event("hello")), "data", "must be an object"),
        (json_record(event([FLAT])), "data", "must be an object"),
        (json_record(event(BARE, data_base64="")), "data_base64", "must not stand beside data"),
        (json_record(event(data_base64=7)), "data_base64", "must be a string"),
        (json_record(event(data_base64="%")), "data_base64", "is not base64"),
        (json_record(event(data_base64="")), "data_base64", "is empty"),
        (json_record(event(data_base64="AAEC")), "data_base64", "is not JSON"),
        (json_record(event(data_base64=base64([]))), "data_base64", "but not an object"),
        (json_record(event({**BARE, "to": ["ann@example.com", "bob"]})), "to[1]", "is not a mail"),
        (binary_event({**BARE, "to": ["ann@example.com", "bob"]}), "to[1]", "is not a mail"),
        (json_record(event({**BARE, "id": "x" * 201})), "id", "longer than 200"),
        (json_record(event(BARE, id="x" * 201)), "id", "longer than 200"),
        (json_record(event(BARE, id=17)), "id", "must be a string"),
        (json_record(event(BARE, id="a\r\nb")), "id", "has a line break"),
        (json_record(event(BARE, type="x" * 101)), "type", "longer than 100"),
        (binary_event(BARE, id="x" * 201), "header ce_id", "longer than 200"),
        (binary_event(BARE, id="a\nb"), "header ce_id", "has a line break"),
        (binary_event(BARE, type="x" * 101), "header ce_type", "longer than 100"),
        (record(None, (("ce_specversion", b"1.0"),)), "value", "tombstone"),
        (json_record([event(BARE)], STRUCTURED), "value", "not an object"),
    ],
)
def test_what_is_wrong_is_named_as_the_events_producer_knows_it(
    mail: Record, field: str, reason: str
) -> None:
    assert refused(mail)[0] == field
    assert reason in refused(mail)[1]


def test_what_an_events_message_does_not_need_is_not_looked_at() -> None:
    own = {**FLAT, "type": "receipt"}
    assert message_of(json_record(event(own, id=EVENT, type=7))).id == "order-17"
