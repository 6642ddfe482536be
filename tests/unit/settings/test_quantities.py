from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.settings.quantities import BYTES, SECONDS, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("30s", 30),
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86400),
        ("45", 45),
        ("1.5h", 5400),
        ("0", 0),
        (" 30 S ", 30),
    ],
)
def test_reads_a_duration_in_seconds(text: str, seconds: float) -> None:
    assert seconds == parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10MiB", 10 * 2**20),
        ("256MB", 256 * 10**6),
        ("64kB", 64_000),
        ("64KiB", 65_536),
        ("1GiB", 2**30),
        ("512", 512),
        ("512 B", 512),
        ("0.5KiB", 512),
    ],
)
def test_reads_a_size_in_bytes(text: str, size: int) -> None:
    assert size == parse_size(text)


@pytest.mark.parametrize("text", ["", "s", "-1s", "1w", "1h30m", "ten", "1,5s", "1_000", "\u0663s"])
def test_refuses_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a number|unknown unit"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["", "MiB", "-1", "1TBB", "1 000", "0x10"])
def test_refuses_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a number|unknown unit"):
        parse_size(text)


def test_refuses_numbers_beyond_all_bounds() -> None:
    with pytest.raises(ValueError, match="too large"):
        parse_duration("9" * 400)


@settings(deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(sorted(SECONDS)))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: str) -> None:
    assert number * SECONDS[unit] == parse_duration(f"{number}{unit}")


@settings(deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(BYTES)))
def test_a_size_is_its_number_times_its_unit(number: int, unit: str) -> None:
    assert number * BYTES[unit] == parse_size(f"{number}{unit}")


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_number_or_a_value_error(text: str) -> None:
    for parse in (parse_duration, parse_size):
        with contextlib.suppress(ValueError):
            assert parse(text) >= 0
