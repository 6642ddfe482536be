"""Single values: what each check takes up to its bound, and the words in which it refuses."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from app.domain.errors import InvalidMessage
from app.intake.attachments import read_attachments
from app.intake.extra_headers import read_headers, read_unsubscribe
from app.intake.fields import (
    entries,
    flag,
    header_text,
    mapping,
    moment,
    octets,
    pattern,
    string,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[object, str], object]

text_of_5 = partial(header_text, longest=5)
two_entries = partial(entries, most=2)
digits = partial(pattern, form=re.compile(r"\d+"), allowed="digits")


def attached(name: str, value: object) -> list[dict[str, object]]:
    return [{"content": "", name: value}]


@pytest.mark.parametrize(
    ("check", "value", "reason"),
    [
        (string, 7, "must be a string"),
        (string, "a\0b", "has a NUL character"),
        (text_of_5, None, "must be a string"),
        (text_of_5, "123456", "is longer than 5 characters"),
        (text_of_5, "a\nb", "has a line break (U+000A)"),
        (text_of_5, "a\rb", "has a line break (U+000D)"),
        (text_of_5, "a\u2028b", "has a line break (U+2028)"),
        (text_of_5, "a\u2029b", "has a line break (U+2029)"),
        (text_of_5, "a\x07b", "has a control character (U+0007)"),
        (text_of_5, "a\x0bb", "has a control character (U+000B)"),
        (digits, "1a", "must be digits"),
        (digits, 1, "must be digits"),
        (whole, -1, "must be a whole number from 0 to 1000000"),
        (whole, 1_000_001, "must be a whole number from 0 to 1000000"),
        (whole, True, "must be a whole number from 0 to 1000000"),
        (octets, 7, "must be a string: base64"),
        (octets, "AAE", "is not base64 (RFC 4648 section 4, padded)"),
        (flag, 1, "must be true or false"),
        (mapping, [], "must be an object"),
        (two_entries, {}, "must be a list"),
        (two_entries, [1, 2, 3], "has more than 2 entries"),
        (moment, "today", "must be an RFC 3339 time with its zone: 2030-01-31T08:00:00Z"),
        (moment, 7, "must be an RFC 3339 time with its zone: 2030-01-31T08:00:00Z"),
        (moment, "2030-02-30T08:00:00Z", "is not a time that exists"),
    ],
)
def test_what_is_wrong_is_said_of_the_field(check: Check, value: object, reason: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        check(value, "here")
    assert ("here", reason) == (caught.value.field, caught.value.reason)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (string, "a\nb"),
        (text_of_5, "12345"),
        (text_of_5, "a\tb"),
        (digits, "12"),
        (whole, 0),
        (whole, 1_000_000),
        (flag, False),
        (mapping, {"a": 1}),
        (two_entries, [1, 2]),
    ],
)
def test_what_is_right_up_to_its_bound_is_given_as_it_is(check: Check, value: object) -> None:
    assert value == check(value, "here")


def test_a_moment_is_told_in_utc() -> None:
    found = moment("2030-01-31T10:00:00+02:00", "here")
    assert datetime(2030, 1, 31, 8, tzinfo=UTC) == found
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("name", "longest"), [("filename", 255), ("content_type", 500), ("content_id", 255)]
)
def test_what_names_an_attachment_has_a_bound(name: str, longest: int) -> None:
    [found] = read_attachments(attached(name, "x" * longest), "attachments")
    assert "x" * longest == getattr(found, name)
    with pytest.raises(InvalidMessage) as caught:
        read_attachments(attached(name, "x" * (longest + 1)), "attachments")
    assert f"attachments[0].{name}: is longer than {longest} characters" == str(caught.value)


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_is_not_said_of_an_attachment_has_a_default(nothing: str | None) -> None:
    names = ("filename", "content_type", "content_id", "disposition")
    for given in ({}, dict.fromkeys(names, nothing)):
        [found] = read_attachments([{"content": "", **given}], "attachments")
        assert ("", "application/octet-stream", None, "attachment") == tuple(
            getattr(found, name) for name in names
        )


def test_a_disposition_is_one_of_two() -> None:
    with pytest.raises(InvalidMessage, match=r"disposition: must be attachment or inline$"):
        read_attachments(attached("disposition", "shown"), "attachments")


def test_a_hundred_headers_may_be_given_and_a_bad_one_is_named_by_its_number() -> None:
    hundred = {f"X-{number}": "" for number in range(100)}
    assert hundred == read_headers(hundred, "headers")
    with pytest.raises(InvalidMessage, match=r"\(entry 2\); neither space nor colon is allowed$"):
        read_headers({"X-A": "", "X B": ""}, "headers")
    with pytest.raises(InvalidMessage) as caught:
        read_headers({"Subject": ""}, "headers")
    assert "is not allowed: the message's fields make it" == caught.value.reason


@pytest.mark.parametrize("name", ["url", "mailto"])
def test_where_to_unsubscribe_has_a_bound(name: str) -> None:
    found = read_unsubscribe({name: "x" * 2000}, "unsubscribe")
    assert "x" * 2000 == getattr(found, name)
    with pytest.raises(InvalidMessage, match=f"^unsubscribe.{name}: is longer than 2000"):
        read_unsubscribe({name: "x" * 2001}, "unsubscribe")
