"""Message-ID, envelope sender and ENVID."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from app.composer.bounces import BounceAddress
from app.composer.identity import check_date, check_message_id, date, envid
from app.domain.addresses import parse_address
from app.domain.errors import InvalidMessage
from tests.unit.composer.mails import BOB, NOW, TRAIL, compose, message, read

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_message_id_is_the_same_for_every_attempt() -> None:
    made = message(bcc=(BOB,))
    composer = Composer(ComposerConfig(default_from="mail@shop.example"))
    first = composer.compose(made, TRAIL, made.recipients, now=NOW)
    later = replace(TRAIL, attempts=3, first_seen_ms=TRAIL.first_seen_ms + 1)
    again = Composer(ComposerConfig(default_from="mail@shop.example")).compose(
        made, later, (BOB,), now=NOW.replace(year=2026)
    )
    assert first.message_id == again.message_id == read(first)["Message-ID"]
    assert re.fullmatch("<[0-9a-f]{32}@shop.example>", first.message_id)


def test_a_defaulted_id_counts_together_with_when_it_was_first_seen() -> None:
    made = message(id="email-queue-0-7", id_given=False)
    composer = Composer(ComposerConfig(default_from="mail@shop.example"))
    ids = {
        composer.compose(made, replace(TRAIL, first_seen_ms=seen), made.to, now=NOW).message_id
        for seen in (1, 1, 2)
    }
    assert len(ids) == 2


@given(st.lists(st.text(st.characters(), max_size=200), unique=True, min_size=2, max_size=5))
@settings(deadline=None)
def test_different_ids_have_different_message_ids(ids: list[str]) -> None:
    assert len({compose(id=each).message_id for each in ids}) == len(ids)


def test_so_have_ids_that_utf_8_cannot_express() -> None:
    assert compose(id="\ud800").message_id != compose(id="\ud801").message_id


def test_a_date_is_written_as_the_standard_library_writes_it() -> None:
    for day in range(400):
        at = NOW + timedelta(days=day, seconds=day * 3601, microseconds=999_999)
        assert format_datetime(at) == date(at.astimezone(timezone(timedelta(hours=-5))))


def test_a_date_is_in_utc_whatever_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "XYZ-5:30")
        time.tzset()
        try:
            assert "Tue, 01 Jul 2025 12:00:00 +0000" == date(datetime(2025, 7, 1, 12, tzinfo=UTC))
        finally:
            elsewhere.undo()
            time.tzset()


@pytest.mark.parametrize(
    ("check", "fits", "reason"),
    [
        (
            check_message_id,
            f"<{'a' * 238}@b.example>",
            "must be of the form <left@right>, in ASCII, without spaces, of at most 250 characters",
        ),
        (
            check_date,
            f"Sat, 22 Nov 2025 08:00:00 +0000 ({'x' * 67}",
            "must be a date such as Sat, 22 Nov 2025 08:00:00 +0000",
        ),
    ],
)
def test_what_names_a_mail_has_a_bound(
    check: Callable[[str, str], None], fits: str, reason: str
) -> None:
    check(fits, "here")
    with pytest.raises(InvalidMessage) as caught:
        check(f"{fits[:40]}x{fits[40:]}", "here")
    assert f"here: {reason}" == str(caught.value)


@pytest.mark.parametrize("right", ["b.example", "[192.0.2.1]", "[x!]", "under_score"])
@pytest.mark.parametrize("left", ["a", "!#$%&'*+-/=?^_`{|}~", "a.b", "09AZaz", ',:;()"'])
def test_a_message_id_has_two_sides(left: str, right: str) -> None:
    check_message_id(f"<{left}@{right}>", "here")
    for bad in (
        left,
        right,
        f"<{left}>",
        f"<@{right}>",
        f"<{left}\\@{right}>",
        f"<{left}@{right} >",
        f"<{left}@b\u00e9.example>",
    ):
        with pytest.raises(InvalidMessage, match=r"^here: must be of the form"):
            check_message_id(bad, "here")


def test_the_message_id_stands_at_the_from_domain() -> None:
    assert compose(sender=BOB).message_id.endswith("@example.org>")


def test_bounces_go_to_the_from_address_by_default() -> None:
    assert compose().envelope.sender == "mail@shop.example"


def test_a_message_may_name_its_bounce_address_or_none() -> None:
    assert compose(envelope_from=BOB).envelope.sender == "bob@example.org"
    assert compose(envelope_from="").envelope.sender == ""


def by_pattern(pattern: str, **fields: object) -> str:
    composer = Composer(ComposerConfig(default_from="mail@shop.example", envelope_from=pattern))
    return compose(composer, **fields).envelope.sender


def test_the_pattern_gives_each_message_its_own_bounce_address() -> None:
    assert by_pattern("b+{id}@Shop.example", id="order-17.a") == "b+order-17.a@shop.example"
    assert by_pattern("bounces@shop.example") == "bounces@shop.example"
    assert by_pattern("<>") == ""
    assert by_pattern("b+{id}@shop.example", envelope_from=BOB) == "bob@example.org"


@given(st.text(max_size=200))
@settings(deadline=None)
def test_an_unfit_id_is_replaced_by_the_left_side_of_the_message_id(identifier: str) -> None:
    sender = by_pattern("b+{id}@shop.example", id=identifier)
    assert sender == parse_address(sender, "").spec
    if sender != f"b+{identifier}@shop.example":
        assert sender.removeprefix("b+").partition("@")[0] in compose(id=identifier).message_id


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "b", "{id}", "b+{id}{id}@shop.example", "b@{id}.example", "B <b@shop.example>"),
        *("ü+{id}@shop.example", "b+{name}@shop.example", f"{'b' * 40}+{{id}}@shop.example"),
    ],
)
def test_a_bad_pattern_is_told_at_construction(pattern: str) -> None:
    with pytest.raises(ValueError, match="EMAIL_ENVELOPE_FROM"):
        Composer(ComposerConfig(envelope_from=pattern))


@given(st.text(max_size=200))
@settings(deadline=None)
def test_the_envid_fits_into_a_mail_command(identifier: str) -> None:
    envid = compose(id=identifier).envelope.envid
    assert envid is not None
    assert envid.isascii()
    assert envid.isprintable()
    assert 1 <= len(envid) <= 100
    assert not {" ", "+", "="} & {*envid}


@pytest.mark.parametrize(
    ("identifier", "fits"),
    [
        ("order-17", True),
        ("!*,-<>?@AZaz09~", True),
        ("x" * 100, True),
        ("x" * 101, False),
        ("", False),
        *((f"a{char}b", False) for char in "+= \x7f\u00e9"),
    ],
)
def test_an_id_that_a_command_can_carry_is_the_envid(identifier: str, fits: bool) -> None:
    assert (identifier if fits else "substitute") == envid(identifier, "substitute")


@pytest.mark.parametrize(
    ("identifier", "fits"),
    [("x" * 60, True), ("x" * 61, False), ("a.b-c_D9", True), ("a..b", False), (".a", False)],
)
def test_an_id_that_fits_into_the_bounce_address_stands_in_it(identifier: str, fits: bool) -> None:
    bounces = BounceAddress("b+{id}.x@shop.example")
    assert f"b+{identifier if fits else 's'}.x@shop.example" == bounces.of(identifier, "s")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("B <b@shop.example>", "'B <b@shop.example>' must be an ASCII address without a name, w"),
        ("ü@shop.example", "'ü@shop.example' must be an ASCII address without a name, with one {"),
        ("b{id}{id}@shop.example", "'b{id}{id}@shop.example' must be an ASCII address without a"),
        ("nobody", "'nobody' is not a mail address"),
        ("@shop.example", "'@shop.example' is not a mail address"),
        ("x" * 33 + "{id}@shop.example", "'" + "x" * 33 + "{id}@shop.example' is not a mail add"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_said_with_an_example(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match="EMAIL") as caught:
        BounceAddress(pattern)
    assert str(caught.value).startswith(f"EMAIL_ENVELOPE_FROM: {reason}")
    assert str(caught.value).endswith("; like bounce+{id}@example.com, or <>")


def test_a_pattern_may_leave_room_for_the_longest_substitute_and_no_more() -> None:
    assert "x" * 32 + "s" * 32 + "@b.example" == BounceAddress("x" * 32 + "{id}@b.example").of(
        "ü", "s" * 32
    )
