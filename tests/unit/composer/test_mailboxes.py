"""Mail addresses in headers and in the envelope."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from app.composer.mailboxes import address_header
from app.domain.message import Address
from tests.unit.composer.mails import (
    ANN,
    BOB,
    NOW,
    SHOP,
    TRAIL,
    addresses,
    check_wire,
    compose,
    header_lines,
    message,
    read,
    refusal,
)

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=120).filter(
    lambda name: name.strip() == name
)


@given(st.lists(NAMES, min_size=1, max_size=8))
@settings(deadline=None)
def test_any_display_names_are_read_back_in_short_lines(names: list[str]) -> None:
    to = tuple(Address(f"a{number}", "example.com", name) for number, name in enumerate(names))
    composed = compose(to=to)
    read(composed)
    expected = [(address.name, address.spec) for address in to]
    assert expected == addresses(composed, "To")
    assert max(map(len, header_lines(composed))) <= 76


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("", "To: j@example.com"),
        ("Ann Doe", "To: Ann Doe <j@example.com>"),
        ("Doe, Ann", 'To: "Doe, Ann" <j@example.com>'),
        ("," * 60, f'To: "{"," * 60}"'),
        ("." * 61, f"To: =?utf-8?b?{'Li4u' * 15}?="),
        ("a" * 63 + "b\u00e9", f"To: =?utf-8?q?{'a' * 63}?="),
        ('"The" \\ Ann', 'To: "\\"The\\" \\\\ Ann" <j@example.com>'),
        ("Jörg Meier", "To: =?utf-8?q?J=C3=B6rg_Meier?= <j@example.com>"),
        ("=?utf-8?q?x?=", "To: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <j@example.com>"),
    ],
)
def test_a_name_is_written_as_plainly_as_it_can_be(name: str, line: str) -> None:
    assert line in header_lines(compose(to=(Address("j", "example.com", name),)))


def test_to_and_cc_list_the_messages_own_whoever_the_attempt_is_for() -> None:
    made = message(to=(ANN, BOB), cc=(SHOP,))
    composed = Composer(ComposerConfig(default_from="a@b.example")).compose(
        made, TRAIL, (BOB,), now=NOW
    )
    assert composed.envelope.recipients == ("bob@example.org",)
    assert [spec for _, spec in addresses(composed, "To")] == ["ann@example.com", "bob@example.org"]
    assert [spec for _, spec in addresses(composed, "Cc")] == ["mail@shop.example"]


def test_a_hundred_recipients_are_folded() -> None:
    to = tuple(Address(f"someone.{number}", "example.com") for number in range(100))
    composed = compose(to=to)
    assert max(map(len, header_lines(composed))) <= 76
    assert [each.spec for each in to] == [spec for _, spec in addresses(composed, "To")]


@given(st.lists(st.integers(1, 64), min_size=1, max_size=20))
def test_a_line_takes_as_many_addresses_as_fit_and_always_the_first(lengths: list[int]) -> None:
    to = [Address("x" * length, "example.com") for length in lengths]
    *lines, end = address_header("Reply-To", to).split("\r\n")
    assert "" == end
    assert f"Reply-To: {', '.join(each.spec for each in to)}" == "".join(lines)
    assert lines[0].startswith("Reply-To: x")
    for line, following in pairwise(lines):
        first = following.split(" ")[1].removesuffix(",")
        assert len(line) + 1 + len(first) + 1 > 76, "it would have had room, and a comma"


def test_a_non_ascii_local_part_alone_asks_for_smtputf8() -> None:
    composed = compose(to=(Address("jörg", "xn--bcher-kva.example", "Jörg Meier"),))
    assert composed.envelope.smtputf8
    check_wire(composed.content, ascii_only=False)
    head, _, rest = composed.content.partition(b"\r\n\r\n")
    assert "To: =?utf-8?q?J=C3=B6rg_Meier?= <jörg@xn--bcher-kva.example>" in head.decode().split(
        "\r\n"
    )
    assert rest.isascii()
    assert not compose(
        to=(Address("joerg", "xn--bcher-kva.example", "Jörg Meier"),)
    ).envelope.smtputf8


def test_the_senders_own_from_comes_before_the_default() -> None:
    assert addresses(compose(sender=BOB), "From") == [("", "bob@example.org")]
    assert addresses(compose(), "From") == [("Shop", "mail@shop.example")]


def test_without_any_from_the_message_is_refused() -> None:
    error = refusal(Composer(ComposerConfig()))
    assert str(error) == "from: missing, and EMAIL_FROM is not set"


def test_a_bad_default_from_is_told_at_construction() -> None:
    with pytest.raises(ValueError, match=r"EMAIL_FROM: 'nobody' .*like Shop <mail@example\.com>"):
        Composer(ComposerConfig(default_from="nobody"))
