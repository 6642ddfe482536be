"""Headers arrive as given, in lines of 76 characters where that can be."""

from __future__ import annotations

from email.header import decode_header
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.composer.headers import FOLD, encoded_words, fold, header, structured_header
from app.domain.errors import InvalidMessage
from tests.unit.composer.mails import (
    ANN,
    BOB,
    LINES,
    SHOP,
    compose,
    header_lines,
    message,
    read,
    read_back,
    refusal,
)


@given(LINES)
@settings(deadline=None)
def test_any_subject_is_read_back_in_short_lines(subject: str) -> None:
    composed = compose(subject=subject)
    assert subject == read(composed)["Subject"]
    words = max(map(len, subject.split(" "))) if subject.isascii() else 0
    assert max(map(len, header_lines(composed))) <= max(76, words + 10)


@given(st.text(alphabet="ab =?_é€😀", min_size=1, max_size=400).filter(lambda t: t.strip() == t))
@settings(deadline=None)
def test_a_subject_that_looks_encoded_is_read_back_as_written(subject: str) -> None:
    assert subject == read_back(subject=subject)["Subject"]


@pytest.mark.parametrize(
    ("subject", "line"),
    [
        ("Your order", "Subject: Your order"),
        ("Schönen Tag noch", "Subject: =?utf-8?q?Sch=C3=B6nen_Tag_noch?="),
        ("你好", "Subject: =?utf-8?b?5L2g5aW9?="),
        ("tab\tbed", "Subject: tab bed"),
        ("  around  ", "Subject: around"),
        (" X around X ", "Subject: X around X"),
        ("aaaaaaé", "Subject: =?utf-8?q?aaaaaa=C3=A9?="),
        ("aaaaé", "Subject: =?utf-8?b?YWFhYcOp?="),
        ("=?utf-8?q?x?=", "Subject: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?="),
    ],
)
def test_the_shorter_encoding_is_taken(subject: str, line: str) -> None:
    assert line in header_lines(compose(subject=subject))


def test_a_long_plain_subject_is_folded_at_spaces() -> None:
    subject = " ".join(["word"] * 60)
    composed = compose(subject=subject)
    assert b"=?" not in composed.content
    assert max(map(len, header_lines(composed))) <= 76
    assert subject == read(composed)["Subject"]


@given(st.lists(st.integers(1, 90), min_size=1, max_size=30), st.integers(1, 60))
@settings(deadline=None)
def test_a_folded_line_is_as_long_as_it_can_be(lengths: list[int], name: int) -> None:
    value = " ".join("x" * length for length in lengths)
    *lines, last = header("N" * name, value).split("\r\n")
    assert ("", f"{'N' * name}: {value}") == (last, "".join(lines))
    assert lines[0].startswith(f"{'N' * name}: x")
    assert header("N" * name, value) == structured_header("N" * name, value, "")
    for number, (line, following) in enumerate(pairwise(lines)):
        first_word = following.split(" ")[1]
        assert len(line) + 1 + len(first_word) > 76, "it would have had room"
        if len(line) > 76:
            # One word alone, or behind the name.
            assert " " not in line[1:] or (number == 0 and line.count(" ") == 1)


def test_a_line_of_76_characters_stands() -> None:
    line = f"N: {'a' * 30} {'b' * 42}"
    assert 76 == len(line)
    assert line == fold(line, 3)
    rest = f" {'a' * 32} {'b' * 42}"
    assert f"N: {'c' * 70}\r\n{rest}" == fold(f"N: {'c' * 70}{rest}", 3)


def test_of_a_run_of_spaces_tokens_keep_one() -> None:
    assert "N: a b\r\n" == structured_header("N", "a   b", "")
    assert "=?" in header("N", f"a  b {'c' * 80}")


@pytest.mark.parametrize(("longest", "folded"), [(998, True), (999, False)])
def test_a_line_of_998_characters_stands(longest: int, folded: bool) -> None:
    value = f"a {'x' * (longest - 1)} b"
    lines = header("N", value).split("\r\n")
    assert folded == (["N: a", f" {'x' * (longest - 1)}", " b", ""] == lines)
    assert folded == (fold(value, 0) is not None)
    if not folded:
        with pytest.raises(InvalidMessage, match=r"^headers.N: must be ASCII, not empty, and have"):
            structured_header("N", value, "headers.N")


@given(
    st.sampled_from(["abcdefg! é", "a=_! é€😀"]).flatmap(
        lambda alphabet: st.text(alphabet, min_size=1, max_size=250)
    ),
    st.integers(3, 100),
)
@example("a" * 53 + "é" + "a" * 63 + "é", 5)
@example("a" * 70 + "é", 75)
@settings(deadline=None)
def test_an_encoded_word_takes_as_much_as_fits_into_its_line(text: str, used: int) -> None:
    words = encoded_words(text, used=used)
    if not text.isascii():
        name = "N" * (used - 2)
        assert f"{name}: {FOLD.join(words)}\r\n" == header(name, text)
    found = [decode_header(word)[0] for word in words]
    assert text == "".join(octets.decode() for octets, _ in found)
    encoding = words[0][8]
    assert ("q" if in_q(text) <= in_b(text) else "b") == encoding
    takes = in_q if encoding == "q" else in_b
    for number, word in enumerate(words):
        assert f"=?utf-8?{encoding}?" == word[:10]
        # A character of four octets has to fit, wherever the first line begins.
        room = max(12, min(76 - used, 75) - 12) if number == 0 else 63
        mine = found[number][0].decode()
        assert takes(mine) == len(word) - 12 <= room
        if number + 1 < len(words):
            assert takes(mine + found[number + 1][0].decode()[0]) > room


def in_q(text: str) -> int:
    return sum(1 if char in "abcdefg! " else 3 * len(char.encode()) for char in text)


def in_b(text: str) -> int:
    return (len(text.encode()) + 2) // 3 * 4


def test_a_word_that_no_line_can_hold_is_encoded() -> None:
    subject = "x" * 3000
    assert subject == read_back(subject=subject)["Subject"]


def test_a_run_of_spaces_survives_folding() -> None:
    subject = "a" + " " * 90 + "b"
    assert subject == read_back(subject=subject)["Subject"]


def test_the_order_of_headers_is_stable() -> None:
    composed = compose(
        cc=(BOB,), reply_to=(SHOP,), headers={"X-Campaign": "autumn", "X-Another": "1"}
    )
    names = [line.partition(":")[0] for line in header_lines(composed) if line[0] != " "]
    assert names == [
        *("Date", "From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "Auto-Submitted"),
        *("X-Campaign", "X-Another", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    ]


def test_the_date_is_that_of_composing_in_utc() -> None:
    assert "Date: Sat, 22 Nov 2025 08:06:05 +0000" in header_lines(compose())


@given(st.sampled_from("\r\n\x0b\x0c\x85\u2028\u2029"), LINES)
@settings(deadline=None)
def test_a_line_break_in_any_header_is_refused_by_name(line_break: str, rest: str) -> None:
    value = f"a{line_break}Bcc: eve@evil.example{rest}"
    reason = "has a line break, which no header may have"
    for field, error in {
        "subject": refusal(subject=value),
        "headers.X-A": refusal(headers={"X-A": value}),
    }.items():
        assert (field, reason) == (error.field, error.reason)


@pytest.mark.parametrize("control", ["\0", "\x07", "\x1b", "\x7f", "\x9f"])
def test_a_control_character_in_a_header_is_refused(control: str) -> None:
    error = refusal(subject=f"aX{control}b")
    assert error.field == "subject"
    assert f"has a control character (U+{ord(control):04X})" == error.reason


def test_a_lone_surrogate_in_a_header_is_refused() -> None:
    assert refusal(subject="a\ud800").field == "subject"


def test_bcc_never_appears() -> None:
    composed = compose(bcc=(BOB,), to=(ANN,))
    assert composed.envelope.recipients == ("ann@example.com", "bob@example.org")
    assert b"bob" not in composed.content.lower()
    assert b"bcc" not in composed.content.lower()


def test_a_message_for_bcc_only_shows_nobody() -> None:
    composed = compose(to=(), bcc=(BOB,))
    assert "To: undisclosed-recipients:;" in header_lines(composed)
    assert b"bob" not in composed.content
    assert message(to=(), bcc=(BOB,)).recipients == (BOB,)


def test_with_cc_only_there_is_no_to() -> None:
    assert read_back(to=(), cc=(BOB,))["To"] is None
