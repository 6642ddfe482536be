"""What can never be sent is refused with the field and the reason, whatever the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.domain.errors import InvalidMessage
from app.intake.decode import Decoder, DecoderConfig
from tests.support.records import enveloped, flat, json_record, record

if TYPE_CHECKING:
    from app.domain.record import Record

MAX_BYTES = 1_000_000
YEAR_9999_MS = 253_402_300_799_999
DECODER = Decoder(DecoderConfig(MAX_BYTES, {"password_reset": 3600.0}))
INJECTED = "Hello\r\nBcc: eve@example.com"


def refused(mail: Record) -> InvalidMessage:
    with pytest.raises(InvalidMessage) as caught:
        DECODER.decode(mail)
    assert "@" not in caught.value.reason.replace("***@", "").replace("@-sign", "")
    assert len(str(caught.value)) < 400
    return caught.value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "is null (a tombstone)"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"  ", "is not JSON: "),
        (b"hello", "is not JSON: "),
        (b"{", "is not JSON: "),
        (b'{"to":"a@example.com"} x', "is not JSON: "),
        (b'{"to":NaN}', "is not JSON: "),
        (b'{"max_retries":Infinity}', "is not JSON: "),
        (b'{"text":"\\ud800"}', "is not JSON: "),
        (b"null", "is JSON, but not an object"),
        (b"[]", "is JSON, but not an object"),
        (b'"to"', "is JSON, but not an object"),
        (b'{"to":"\xff"}', "is not UTF-8 (at byte 7)"),
        ('{"text":"\ud800"}'.encode("utf-8", "surrogatepass"), "is not UTF-8"),
        ('{"to":"a@example.com"}'.encode("utf-16"), "is not UTF-8"),
        (b"[" * 100_000, "is nested deeper than 64"),
        (b'{"data":' * 1_000 + b"1" + b"}" * 1_000, "is nested deeper than 64"),
        (b'{"data":' * 65 + b"1" + b"}" * 65, "is nested deeper than 64"),
        (b'{"data":' + b"[" * 64 + b"]" * 64 + b"}", "is nested deeper than 64"),
        (b" " * (MAX_BYTES + 1), "has 1000001 bytes, more than the 1000000 of EMAIL_MAX_BYTES"),
    ],
)
def test_a_value_that_is_no_message(value: bytes | None, reason: str) -> None:
    error = refused(record(value))
    assert error.field == "value"
    assert error.reason.startswith(reason)


def test_nesting_up_to_the_limit_is_fine() -> None:
    data: Any = 1
    for _ in range(62):
        data = {"data": data}
    assert DECODER.decode(flat(data=data)).message.data == data


def test_a_value_of_twenty_megabytes_is_refused_unread() -> None:
    """Not even that it is no JSON is found out."""
    assert "more than" in refused(record(b"x" * 20_000_000)).reason


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"to": ...}, "to", "is required: neither to, cc nor bcc has a recipient"),
        ({"to": None}, "to", "is required"),
        ({"to": ""}, "to", "is required"),
        ({"to": []}, "to", "is required"),
        ({"to": ..., "message": "hello"}, "message", "must be an object"),
        ({"to": 7}, "to", "must be a mail address"),
        ({"to": {"name": "Ann"}}, "to.address", "must be a string"),
        ({"to": ["ann@example.com", "bob"]}, "to[1]", "is not a mail address"),
        ({"to": ["ann@example.com", ""]}, "to[1]", "is not a mail address"),
        ({"to": [["ann@example.com"]]}, "to[0]", "must be a mail address"),
        ({"cc": "not an address"}, "cc", "is not a mail address"),
        ({"bcc": [{"address": "x@y z"}]}, "bcc[0].address", "is not a mail address"),
        ({"reply_to": False}, "reply_to", "must be a mail address"),
        ({"to": ["a@example.com"] * 1001}, "to", "more than 1000"),
        ({"to": ["a@example.com"] * 600, "cc": ["a@example.com"] * 600}, "to", "more than 1000"),
        ({"to": ["a@example.com"] * 600, "bcc": ["a@example.com"] * 600}, "to", "more than 1000"),
        ({"reply_to": ["a@example.com"] * 1001}, "reply_to", "has more than 1000 entries"),
        ({"from_": "nobody"}, "from", "is not a mail address"),
        ({"from_": ["ann@example.com"]}, "from", "must be a mail address"),
        ({"envelope_from": "nobody"}, "envelope_from", "is not a mail address"),
        ({"id": 17}, "id", "must be a string"),
        ({"id": "x" * 201}, "id", "longer than 200"),
        ({"subject": ...}, "subject", "is required"),
        ({"subject": ""}, "subject", "is required"),
        ({"subject": 17}, "subject", "must be a string"),
        ({"subject": "x" * 2001}, "subject", "longer than 2000"),
        ({"text": ...}, "text", "is required, unless html or template is given"),
        ({"subject": ...}, "subject", "is required, unless a template gives it"),
        ({"text": None}, "text", "is required"),
        ({"text": ["a"]}, "text", "must be a string"),
        ({"text": "a\0b"}, "text", "NUL"),
        ({"html": "a\0b"}, "html", "NUL"),
        ({"html": {}}, "html", "must be a string"),
        ({"template": "../../etc/passwd"}, "template", "must be a template's name"),
        ({"template": "-x"}, "template", "must be a template's name"),
        ({"template": "welcome\n"}, "template", "must be a template's name"),
        ({"template": 1}, "template", "must be a template's name"),
        ({"data": ["a"]}, "data", "must be an object"),
        ({"data": "a"}, "data", "must be an object"),
        ({"metadata": [1]}, "metadata", "must be an object"),
        ({"tags": "a"}, "tags", "must be a list"),
        ({"tags": ["a", 1]}, "tags[1]", "must be a string"),
        ({"tags": ["a"] * 101}, "tags", "more than 100"),
        ({"locale": "../x"}, "locale", "must be a language tag such as pt-BR"),
        ({"type": 7}, "type", "must be a string"),
        ({"type": "x" * 101}, "type", "longer than 100"),
        ({"priority": "urgent"}, "priority", "must be one of high, normal, low"),
        ({"priority": 1}, "priority", "must be one of"),
        ({"max_retries": -1}, "max_retries", "must be a whole number"),
        ({"max_retries": True}, "max_retries", "must be a whole number"),
        ({"max_retries": 3.0}, "max_retries", "must be a whole number"),
        ({"max_retries": "3"}, "max_retries", "must be a whole number"),
        ({"max_retries": 10**30}, "max_retries", "must be a whole number"),
        ({"retry_count": -1}, "retry_count", "must be a whole number"),
        ({"retry_count": "x"}, "retry_count", "must be a whole number"),
        ({"send_at": "tomorrow"}, "send_at", "RFC 3339"),
        ({"send_at": "2030-01-31T08:00:00"}, "send_at", "with its zone"),
        ({"send_at": "2030-01-31"}, "send_at", "RFC 3339"),
        ({"send_at": 1763800000}, "send_at", "RFC 3339"),
        ({"send_at": "2030-02-31T08:00:00Z"}, "send_at", "not a time that exists"),
        ({"expires_at": "2030-01-31T25:00:00Z"}, "expires_at", "not a time that exists"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at", "not a time that exists"),
        ({"expires_at": "٢٠٣٠-01-31T08:00:00Z"}, "expires_at", "RFC 3339"),
        ({"headers": ["X-A: b"]}, "headers", "must be an object"),
        ({"headers": {"X-A": 1}}, "headers.X-A", "must be a string"),
        ({"headers": {"X-A": "x" * 8193}}, "headers.X-A", "longer than 8192"),
        ({"headers": {"X A": "b"}}, "headers", "neither space nor colon"),
        ({"headers": {"": "b"}}, "headers", "neither space nor colon"),
        ({"headers": {"X-\u00c4": "b"}}, "headers", "ASCII"),
        ({"headers": {f"X-{number}": "a" for number in range(101)}}, "headers", "more than 100"),
        ({"attachments": {}}, "attachments", "must be a list"),
        ({"attachments": ["a"]}, "attachments[0]", "must be an object"),
        ({"attachments": [{}] * 101}, "attachments", "more than 100"),
        ({"attachments": [{"filename": "a"}]}, "attachments[0].content", "base64"),
        ({"attachments": [{"content": 7}]}, "attachments[0].content", "base64"),
        ({"attachments": [{"content": "AAE"}]}, "attachments[0].content", "is not base64"),
        ({"attachments": [{"content": "AA\nEC"}]}, "attachments[0].content", "is not base64"),
        ({"attachments": [{"content": "AA-_"}]}, "attachments[0].content", "is not base64"),
        ({"attachments": [{"content": "ÄÖÜ="}]}, "attachments[0].content", "is not base64"),
        ({"attachments": [{"content": "AAEC=AAEC"}]}, "attachments[0].content", "is not base64"),
        (
            {"attachments": [{"content": ""}, {"content": "", "disposition": "shown"}]},
            "attachments[1].disposition",
            "must be attachment or inline",
        ),
        (
            {"attachments": [{"content": "", "filename": "x" * 256}]},
            "attachments[0].filename",
            "longer than 255",
        ),
        ({"unsubscribe": "https://example.com"}, "unsubscribe", "must be an object"),
        ({"unsubscribe": {"url": 7}}, "unsubscribe.url", "must be a string"),
        ({"unsubscribe": {"one_click": "yes"}}, "unsubscribe.one_click", "must be true or false"),
    ],
)
def test_a_field_that_is_wrong(fields: dict[str, Any], field: str, reason: str) -> None:
    error = refused(flat(**fields))
    assert error.field == field
    assert reason in error.reason
    assert error.reason.startswith(("has", "is ", "must be "))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": INJECTED}, "id"),
        ({"type": INJECTED}, "type"),
        ({"subject": INJECTED}, "subject"),
        ({"from_": f"Shop {INJECTED} <shop@example.com>"}, "from"),
        ({"from_": "shop@example.com\r\nBcc: eve@example.com"}, "from"),
        ({"to": {"name": INJECTED, "address": "ann@example.com"}}, "to.name"),
        ({"to": ["ann@example.com", "ann@example.com\nBcc: eve@example.com"]}, "to[1]"),
        ({"cc": {"address": "ann@example.com\r\nBcc: eve@example.com"}}, "cc.address"),
        ({"reply_to": "ann@example.com\r\nBcc: eve@example.com"}, "reply_to"),
        ({"envelope_from": "ann@example.com\r\nRCPT TO:<eve@example.com>"}, "envelope_from"),
        ({"headers": {"X-A": INJECTED}}, "headers.X-A"),
        ({"headers": {"X-A\r\nBcc: eve@example.com": "x"}}, "headers"),
        ({"attachments": [{"content": "", "filename": INJECTED}]}, "attachments[0].filename"),
        (
            {"attachments": [{"content": "", "content_type": f"a/b{INJECTED}"}]},
            "attachments[0].content_type",
        ),
        ({"attachments": [{"content": "", "content_id": INJECTED}]}, "attachments[0].content_id"),
        ({"unsubscribe": {"url": f"https://example.com/{INJECTED}"}}, "unsubscribe.url"),
        ({"unsubscribe": {"mailto": "a@example.com\r\nBcc: eve@x.test"}}, "unsubscribe.mailto"),
        ({"tags": [INJECTED]}, "tags[0]"),
        ({"locale": INJECTED}, "locale"),
        ({"template": INJECTED}, "template"),
    ],
)
def test_a_line_break_in_what_is_bound_for_a_header(fields: dict[str, Any], field: str) -> None:
    assert refused(flat(**fields)).field == field


@pytest.mark.parametrize("char", ["\0", "\b", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
def test_a_control_character_in_a_subject(char: str) -> None:
    error = refused(flat(subject=f"Hello{char}Ann"))
    assert error.field == "subject"
    assert f"U+{ord(char):04X}" in error.reason


def test_a_tab_in_a_subject_is_no_control_character() -> None:
    assert DECODER.decode(flat(subject="Hello\tAnn")).message.subject == "Hello\tAnn"


@pytest.mark.parametrize(
    "name",
    [
        *("From", "to", "CC", "Bcc", "Subject", "Sender", "Return-Path", "Received"),
        *("Content-Type", "content-transfer-encoding", "MIME-Version", "DKIM-Signature"),
    ],
)
def test_a_header_that_follows_from_the_message(name: str) -> None:
    error = refused(flat(headers={"X-Fine": "x", name: "x"}))
    assert error.field == f"headers.{name}"
    assert "not allowed" in error.reason


@pytest.mark.parametrize(
    ("name", "value"), [("priority", b"urgent"), ("priority", b"\xff"), ("type", b"a\r\nb")]
)
def test_a_header_of_the_record_that_is_wrong(name: str, value: bytes) -> None:
    assert refused(flat((name, value))).field == f"header {name}"


def test_fields_of_an_envelope_are_named_as_in_a_flat_record() -> None:
    assert refused(enveloped(to=["ann@example.com", "bob"])).field == "to[1]"
    assert refused(enveloped(to="")).field == "to"
    assert refused(enveloped(template="", text="")).field == "text"
    assert str(refused(json_record({"message": []}))) == "message: must be an object"


def test_recipients_that_are_not_the_messages() -> None:
    error = refused(flat(("mail-recipients", b'["ann@example.com","eve@example.com"]')))
    assert error.field == "header mail-recipients"
    assert "e***@example.com" in error.reason


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("mail-attempt", b"two", "must be a number from 0 to 2000000"),
        ("mail-attempt", b"2000001", "must be a number from 0 to 2000000"),
        ("mail-first-seen", b"", f"must be a time in epoch milliseconds, from 0 to {YEAR_9999_MS}"),
        (
            "mail-not-before",
            b"-1",
            f"must be a time in epoch milliseconds, from 0 to {YEAR_9999_MS}",
        ),
        ("mail-origin", b"email-queue", "must be topic/partition/offset"),
        ("mail-origin", b"email queue/0/1", "must be topic/partition/offset"),
        ("mail-recipients", b"[]", "must be a JSON list of addresses, not empty"),
        ("mail-recipients", b"ann@example.com", "must be a JSON list of addresses, not empty"),
        ("mail-recipients", b"[7]", 'must be a mail address: a string or {"name", "address"}'),
    ],
)
def test_a_header_of_ours_that_was_edited(name: str, value: bytes, reason: str) -> None:
    error = refused(flat((name, value)))
    assert (f"header {name}", reason) == (error.field, error.reason)
