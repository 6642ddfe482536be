from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outcomes import format_duration, parse_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (30, "30s"),
        (60, "1m"),
        (90, "90s"),
        (300, "5m"),
        (3600, "1h"),
        (5400, "90m"),
        (7200, "2h"),
        (57600, "16h"),
        (86400, "24h"),
        (0.5, "500ms"),
        (1.25, "1250ms"),
    ],
)
def test_a_duration_has_one_spelling(seconds: float, text: str) -> None:
    assert text == format_duration(seconds)
    assert seconds == parse_duration(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("120m", 7200), ("1d", 86400), ("1000ms", 1)]
)
def test_other_spellings_are_read_too(text: str, seconds: float) -> None:
    assert seconds == parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "s", "5", "0s", "05m", "-5m", "5 m", "5M", "1h30m", "1.5h", "5w", "٣s", "5s\n"]
)
def test_what_is_no_duration_is_not_read(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize("seconds", [0, -1, 0.0001, 0.0005, 0.0015, 1.0004])
def test_what_has_no_spelling_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="milliseconds"):
        format_duration(seconds)


@given(st.integers(1, 10**9))
def test_every_spelling_reads_back(ms: int) -> None:
    assert ms / 1000 == parse_duration(format_duration(ms / 1000))
