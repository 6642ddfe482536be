"""Durations and times as flags."""

from __future__ import annotations

import click
import pytest

from app.cli.moments import DurationType, MomentType

NOW = 1_800_000_000_000
WHEN = MomentType(lambda: NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", NOW - 7_200_000),
        ("90", NOW - 90_000),
        ("9999999999d", 0),
        ("2026-01-31T12:00:00Z", 1_769_860_800_000),
        ("2026-01-31T13:00:00+01:00", 1_769_860_800_000),
        ("2026-01-31 12:00", 1_769_860_800_000),
        ("1960-01-01", 0),
    ],
)
def test_a_moment_is_a_duration_back_or_a_time(text: str, expected: int) -> None:
    assert expected == WHEN.convert(text, None, None)


@pytest.mark.parametrize("text", ["", "yesterday", "-5m", "5 parsecs", "2026-13-01"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(click.BadParameter, match="duration like"):
        WHEN.convert(text, None, None)
    with pytest.raises(click.BadParameter, match="no duration like"):
        DurationType().convert(text, None, None)
