"""Operators' regular expressions: what is taken is searched for quickly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reply_rule import SEARCHED
from app.settings.expressions import expression
from tests.support.untraced import takes_at_most


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("mailbox full", "Mailbox FULL"),
        (r"quota .* exceeded", "quota for a exceeded"),
        (r"\b(?:blocked|listed) by .{1,40} list", "it is Blocked by some list"),
        (r"(?:no|unknown) user", "no user"),
        (r"(?:very )?long", "long"),
        (r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", "from 192.0.2.1"),
        (r"(?>a+)b", "aab"),
        (r"a++b", "aab"),
        (r"x(?=y)", "xy"),
    ],
)
def test_usual_ones_are_taken(pattern: str, text: str) -> None:
    assert expression(pattern).search(text)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a+)+b", "repeats what itself repeats"),
        ("(a|aa)+b", "has alternatives"),
        ("(?:.*,)*x", "repeats what itself repeats"),
        (r"\s+.*\s+x", "at most two"),
        (".*.*.*x", "at most two"),
        ("(x", "is no regular expression"),
        ("a*", "matches any text"),
        ("x|", "matches any text"),
        ("a" * 501, "longer than 500"),
        ("(" * 150 + "a" + ")" * 150, ""),
    ],
)
def test_what_might_take_long_or_says_nothing_is_refused(pattern: str, reason: str) -> None:
    if not reason:
        expression(pattern)
        return
    with pytest.raises(ValueError, match=re.escape(reason)):
        expression(pattern)


pieces = st.sampled_from(
    ["a", "b", " ", ".", "a*", ".*", ".+", "a{0,40}", "(a|b)", "(?:ab)?", r"\s+", ".*?", "(?>a*)"]
)


@given(st.lists(pieces, min_size=1, max_size=8).map("".join))
def test_whatever_is_taken_is_searched_for_in_a_moment(pattern: str) -> None:
    try:
        compiled = expression(f"{pattern}x")
    except ValueError:
        return
    with takes_at_most(2):
        for text in ("a" * SEARCHED, "ab " * (SEARCHED // 3)):
            compiled.search(text)
