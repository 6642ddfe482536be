"""What a record that is right decodes to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.message import Address, Attachment, MessagePriority, Unsubscribe
from app.domain.record import Origin
from app.intake.decode import Decoded, Decoder, DecoderConfig
from tests.support.records import (
    APPENDED_MS,
    ENVELOPE,
    FLAT,
    enveloped,
    flat,
    json_record,
    record,
)

ANN = Address("ann", "example.com")


APPENDED = datetime.fromtimestamp(APPENDED_MS / 1000, UTC)


def decoder(**ttl: float) -> Decoder:
    return Decoder(DecoderConfig(max_bytes=1_000_000, ttl=ttl))


def decoded(**fields: object) -> Decoded:
    return decoder().decode(flat(**fields))


def test_flat_record() -> None:
    message, trail, recipients = decoder().decode(json_record(FLAT))
    assert message.id == "order-17"
    assert message.id_given
    assert message.to == (ANN,)
    assert message.subject == "Hello"
    assert message.text == "Hello Ann"
    assert message.priority is MessagePriority.NORMAL
    assert message.max_retries is None
    assert message.type is None
    assert recipients == (ANN,)
    assert trail.attempts == 0
    assert trail.first_seen_ms == APPENDED_MS
    assert trail.origin == Origin("email-queue", 3, 17)


def test_envelope_record() -> None:
    message, trail, recipients = decoder().decode(json_record(ENVELOPE))
    assert message.id == "reset-17"
    assert message.type == "password_reset"
    assert message.sender == Address("shop", "example.com")
    assert message.subject is None
    assert message.template == "password-reset"
    assert message.data == {"name": "Ann", "link": "https://example.com/r/17"}
    assert message.priority is MessagePriority.HIGH
    assert message.max_retries == 3
    assert recipients == (ANN,)
    assert trail.attempts == 0


def test_an_id_that_is_not_given_is_the_place_of_origin() -> None:
    message = decoded(id=...).message
    assert message.id == "email-queue-3-17"
    assert not message.id_given


def test_an_id_that_is_not_given_stays_the_same_in_other_topics() -> None:
    again = flat(("mail-origin", b"elsewhere/0/5"), id=...)
    assert decoder().decode(again).message.id == "elsewhere-0-5"


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    "field",
    [
        *("id", "type", "from_", "envelope_from", "cc", "bcc", "reply_to", "html", "template"),
        *("priority", "send_at", "expires_at", "locale", "max_retries", "headers", "data"),
        *("attachments", "unsubscribe", "tags", "metadata", "retry_count"),
    ],
)
def test_what_go_writes_for_an_absent_field_counts_as_absent(field: str, nothing: object) -> None:
    name = field.removesuffix("_")
    expected = decoder().decode(
        json_record({key: value for key, value in FLAT.items() if key != name})
    )
    actual = decoder().decode(flat(**{field: nothing}))
    if field == "html" and nothing == "":
        assert actual.message.html == ""
    else:
        assert expected == actual


def test_an_empty_text_stands_in_a_flat_record_and_is_absent_in_an_envelope() -> None:
    assert decoded(text="").message.text == ""
    assert decoder().decode(enveloped(text="")).message.text is None


@pytest.mark.parametrize("field", ["send_at", "expires_at"])
def test_gos_zero_time_counts_as_absent(field: str) -> None:
    message = decoded(**{field: "0001-01-01T00:00:00Z"}).message
    assert getattr(message, field) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2030-01-31T08:00:00Z", datetime(2030, 1, 31, 8, tzinfo=UTC)),
        ("2030-01-31t08:00:00z", datetime(2030, 1, 31, 8, tzinfo=UTC)),
        ("2030-01-31 08:00:00Z", datetime(2030, 1, 31, 8, tzinfo=UTC)),
        ("2030-01-31T08:00:00.5+02:00", datetime(2030, 1, 31, 6, 0, 0, 500_000, UTC)),
        ("2030-01-31T08:00:00.123456789-05:30", datetime(2030, 1, 31, 13, 30, 0, 123456, UTC)),
    ],
)
def test_times_are_read_by_rfc_3339(text: str, expected: datetime) -> None:
    assert expected == decoded(send_at=text).message.send_at


@pytest.mark.parametrize("said", ["high", "HIGH", "High"])
def test_priority_comes_from_the_field_before_the_header(said: str) -> None:
    assert decoded(priority=said).message.priority is MessagePriority.HIGH
    headers = (("priority", b"low"), ("type", b"receipt"))
    by_field = decoder().decode(flat(*headers, priority=said, type="welcome")).message
    assert (by_field.priority, by_field.type) == (MessagePriority.HIGH, "welcome")
    by_header = decoder().decode(flat(*headers)).message
    assert (by_header.priority, by_header.type) == (MessagePriority.LOW, "receipt")


def test_a_type_that_is_not_utf_8_is_a_type_all_the_same() -> None:
    assert (
        decoder().decode(flat(("type", b"caf\xe9"))).message.type == "caf\N{REPLACEMENT CHARACTER}"
    )


def test_of_several_headers_the_last_counts() -> None:
    headers = (("priority", b"low"), ("priority", b"high"))
    assert decoder().decode(flat(*headers)).message.priority is MessagePriority.HIGH


def test_the_envelopes_type_comes_before_the_messages() -> None:
    document = {**ENVELOPE, "message": {**ENVELOPE["message"], "type": "inner"}}
    assert decoder().decode(json_record(document)).message.type == "password_reset"
    assert decoder().decode(json_record({**document, "type": ""})).message.type == "inner"


def test_counting_starts_at_retry_count_unless_a_header_counts() -> None:
    assert decoder().decode(enveloped(retry_count=2)).trail.attempts == 2
    counted = enveloped(("mail-attempt", b"5"), retry_count=2)
    assert decoder().decode(counted).trail.attempts == 5


def test_max_retries_of_zero_is_not_absent() -> None:
    assert decoded(max_retries=0).message.max_retries == 0


def test_html_alone_is_a_body() -> None:
    message = decoded(text=..., html="<p>Hello</p>").message
    assert (message.text, message.html) == (None, "<p>Hello</p>")


def test_a_message_may_be_for_a_thousand() -> None:
    names = [f"a{number}@example.com" for number in range(1000)]
    assert len(decoded(to=names[:500], cc=names[500:800], bcc=names[800:]).recipients) == 1000


def test_recipients_are_everybody_once() -> None:
    found = decoded(
        to=["Ann <ann@example.com>", "bob@example.com"],
        cc={"name": "Cy", "address": "cy@example.com"},
        bcc=["ann@EXAMPLE.com", "dee@example.com"],
    )
    expected = ["ann@example.com", "bob@example.com", "cy@example.com", "dee@example.com"]
    assert expected == [address.spec for address in found.recipients]
    assert found.message.to[0].name == "Ann"


def test_blind_copies_alone_suffice() -> None:
    assert decoded(to=..., bcc="ann@example.com").recipients == (ANN,)


def test_only_the_recipients_that_remain_are_this_attempts() -> None:
    header = ("mail-recipients", b'["cy@example.com","bob@EXAMPLE.com"]')
    mail = flat(header, to=["ann@example.com", "bob@example.com"], cc="Cy <cy@example.com>")
    found = decoder().decode(mail)
    assert found.recipients == (Address("cy", "example.com", "Cy"), Address("bob", "example.com"))
    assert len(found.message.recipients) == 3


def test_null_sender_and_own_envelope_sender() -> None:
    assert decoded(envelope_from="<>").message.envelope_from == ""
    assert decoded(envelope_from="b@example.com").message.envelope_from == Address(
        "b", "example.com"
    )


def test_attachments_are_decoded() -> None:
    found = decoded(
        attachments=[
            {"filename": "a.png", "content_type": "image/png", "content": "AAEC"},
            {"filename": "b", "content": "", "disposition": "inline", "content_id": "logo"},
        ]
    )
    assert found.message.attachments == (
        Attachment("a.png", "image/png", b"\0\1\2"),
        Attachment("b", "application/octet-stream", b"", "inline", "logo"),
    )


def test_the_rest_of_the_contract() -> None:
    message = decoded(
        headers={"X-Campaign": "spring"},
        unsubscribe={"url": "https://example.com/u", "mailto": "", "one_click": True},
        locale="pt-BR",
        tags=["a", "b"],
        metadata={"order": {"id": 17}},
        reply_to=["help@example.com"],
        template="order_confirmation",
        data={"total": 3.5},
    ).message
    assert message.headers == {"X-Campaign": "spring"}
    assert message.unsubscribe == Unsubscribe("https://example.com/u", None, one_click=True)
    assert message.locale == "pt-BR"
    assert message.tags == ("a", "b")
    assert message.metadata == {"order": {"id": 17}}
    assert message.reply_to == (Address("help", "example.com"),)
    assert message.template == "order_confirmation"
    assert message.data == {"total": 3.5}


def test_an_unsubscribe_of_empty_strings_is_none() -> None:
    nothing = {"url": "", "mailto": "", "one_click": False}
    assert decoded(unsubscribe=nothing).message.unsubscribe is None


def test_a_type_with_a_time_to_live_expires_from_its_first_sight() -> None:
    mails = decoder(password_reset=3600.0)
    assert mails.decode(json_record(ENVELOPE)).message.expires_at == APPENDED + timedelta(hours=1)
    again = enveloped(("mail-first-seen", b"1763700000000"))
    expected = datetime.fromtimestamp(1_763_703_600, UTC)
    assert expected == mails.decode(again).message.expires_at
    assert mails.decode(json_record(FLAT)).message.expires_at is None


@pytest.mark.parametrize(
    ("own", "expected"), [(timedelta(minutes=5), 5), (timedelta(minutes=90), 60)]
)
def test_the_earlier_end_counts(own: timedelta, expected: int) -> None:
    mail = enveloped(expires_at=(APPENDED + own).isoformat())
    found = decoder(password_reset=3600.0).decode(mail).message.expires_at
    assert APPENDED + timedelta(minutes=expected) == found


def test_a_record_without_a_timestamp_has_no_end_by_its_type() -> None:
    mail = record(enveloped().value, timestamp_ms=-1)
    assert decoder(password_reset=3600.0).decode(mail).message.expires_at is None


def test_the_first_moment_of_all_times_is_one() -> None:
    mail = record(enveloped().value, timestamp_ms=0)
    expected = datetime(1970, 1, 1, 1, tzinfo=UTC)
    assert decoder(password_reset=3600.0).decode(mail).message.expires_at == expected


def test_an_endless_time_to_live_is_none() -> None:
    assert decoder(password_reset=1e15).decode(enveloped()).message.expires_at is None


def test_a_byte_order_mark_is_skipped() -> None:
    assert (
        decoder().decode(record(b"\xef\xbb\xbf" + (flat().value or b""))).message.id == "order-17"
    )
