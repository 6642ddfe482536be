"""Headers that a message brings: which are taken, and which are refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import InvalidMessage
from tests.unit.composer.mails import (
    BOB,
    LINES,
    check_wire,
    compose,
    header_lines,
    read,
    read_back,
    refusal,
)


@pytest.mark.parametrize(
    "name",
    [
        *("From", "to", "CC", "Bcc", "Subject", "Sender", "Return-Path", "Received"),
        *("Content-Type", "content-transfer-encoding", "MIME-Version", "DKIM-Signature"),
        *("Resent-Bcc",),
    ],
)
def test_structural_headers_are_refused_by_name(name: str) -> None:
    assert refusal(headers={name: "x"}).field == f"headers.{name}"


@pytest.mark.parametrize("name", ["", "X A", "X:A", "X\r\nBcc", "Ä", "x" * 101])
def test_what_is_no_header_name_is_refused(name: str) -> None:
    assert refusal(headers={name: "x"}).field == "headers"


def test_a_header_given_twice_in_different_case_is_refused() -> None:
    assert refusal(headers={"X-A": "1", "x-a": "2"}).field == "headers.x-a"


def test_reply_to_both_as_field_and_header_is_refused() -> None:
    assert refusal(reply_to=(BOB,), headers={"reply-to": "x@y.example"}).field == "headers.reply-to"
    assert read_back(headers={"Reply-To": "x@y.example"})["Reply-To"] == "x@y.example"


def test_date_message_id_and_auto_submitted_replace_ours() -> None:
    given_headers = {
        "date": "Fri, 21 Nov 2025 07:00:00 +0100",
        "message-id": "<mine@shop.example>",
        "Auto-Submitted": "no",
    }
    composed = compose(headers=given_headers)
    mail = read(composed)
    for name, value in given_headers.items():
        assert [value] == mail.get_all(name)
    assert composed.message_id == "<mine@shop.example>"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Message-ID", value) for value in ("mine@shop.example", "<a b@c>", "<a@b", "", "<ä@b>")),
        *(("Date", value) for value in ("yesterday", "", "0 JAN 0 3000000000:0")),
        ("Message-ID", f"<{'a' * 1000}@b.example>"),
        ("Date", f"Sat, 22 Nov 2025 08:00:00 +0000 ({'x' * 1000})"),
        ("Date", "Sat, 22 Nov 2025 08:00:00 +0000 (ä)"),
        ("Auto-Submitted", "jä"),
        ("Auto-Submitted", "x" * 1000),
        ("References", f"<{'a' * 1000}@b.example>"),
        ("In-Reply-To", "<ä@b.example>"),
        ("List-Unsubscribe", f"<https://b.example/{'a' * 1000}>"),
        ("List-Id", ""),
        ("Reply-To", "Jörg <j@example.com>"),
    ],
)
def test_a_replacement_that_is_none_is_refused(name: str, value: str) -> None:
    assert refusal(headers={name: value}).field == f"headers.{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Reply-To", "=?utf-8?q?J=C3=B6rg?= <joerg@example.com>"),
        ("References", " ".join(f"<{number}@b.example>" for number in range(50))),
        ("List-Id", "=?utf-8?q?=C3=84?= <news.shop.example>"),
    ],
)
def test_headers_made_of_tokens_stay_as_they_are_given(name: str, value: str) -> None:
    lines = header_lines(compose(headers={name: value}))
    assert f"{name}: {value}" in "".join(lines)
    assert max(map(len, lines)) <= 76


@given(
    st.sampled_from(["Date", "Message-ID", "Auto-Submitted", "Reply-To", "References", "List-Id"]),
    st.text(alphabet="<>@ab.\u00e9 ,:;=?()0+", max_size=40),
    st.integers(1, 60),
)
@settings(deadline=None)
def test_what_is_taken_in_a_header_of_tokens_fits_the_wire(
    name: str, value: str, times: int
) -> None:
    for given_value in (value * times, f"<{value * times}@b>", f"Sat, 22 Nov 2025 08:00 ({value})"):
        try:
            composed = compose(headers={name: given_value})
        except InvalidMessage:
            continue
        check_wire(composed.content)


@given(LINES)
@settings(deadline=None)
def test_any_extra_header_is_read_back(value: str) -> None:
    assert value == read_back(headers={"X-Note": value})["X-Note"]
