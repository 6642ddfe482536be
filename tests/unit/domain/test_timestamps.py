from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.timestamps import rfc3339


@pytest.mark.parametrize(
    ("epoch_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_767_225_600_007, "2026-01-01T00:00:00.007Z"),
        (1_767_225_600_999, "2026-01-01T00:00:00.999Z"),
    ],
)
def test_times_are_utc_with_milliseconds(epoch_ms: int, text: str) -> None:
    assert text == rfc3339(epoch_ms)


@given(st.integers(0, 4_102_444_800_000))
def test_times_read_back(epoch_ms: int) -> None:
    moment = datetime.fromisoformat(rfc3339(epoch_ms))

    assert moment.tzinfo == UTC
    assert round(moment.timestamp() * 1000) == epoch_ms
