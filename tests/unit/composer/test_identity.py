"""Message-ID, envelope sender and ENVID."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from app.domain.addresses import parse_address
from tests.unit.composer.mails import BOB, NOW, TRAIL, compose, message, read


def test_the_message_id_is_the_same_for_every_attempt() -> None:
    made = message(bcc=(BOB,))
    composer = Composer(ComposerConfig(default_from="mail@shop.example"))
    first = composer.compose(made, TRAIL, made.recipients, now=NOW)
    later = replace(TRAIL, attempts=3, first_seen_ms=TRAIL.first_seen_ms + 1)
    again = Composer(ComposerConfig(default_from="mail@shop.example")).compose(
        made, later, (BOB,), now=NOW.replace(year=2026)
    )
    assert first.message_id == again.message_id == read(first)["Message-ID"]
    assert first.message_id.endswith("@shop.example>")


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


def test_a_plain_id_is_the_envid() -> None:
    assert compose(id="order-17").envelope.envid == "order-17"
