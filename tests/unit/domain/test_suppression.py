"""The records of the suppressions' topic."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.address_digest import address_digest, raw_digest
from app.domain.suppression import (
    Source,
    Suppression,
    entry,
    lane_of,
    read_key,
    read_value,
    tombstone,
)

DIGEST = raw_digest("ann@example.com")
NOW = 1_767_225_600_000

suppressions = st.builds(
    Suppression,
    source=st.sampled_from(Source),
    reason=st.text(max_size=50),
    since_ms=st.integers(0, 2 * NOW),
    until_ms=st.none() | st.integers(0, 2 * NOW),
    code=st.none() | st.text(min_size=1, max_size=20),
    mail_id=st.none() | st.text(min_size=1, max_size=50),
)


@given(suppressions)
def test_what_is_written_is_read(it: Suppression) -> None:
    record = entry("email-suppressions", DIGEST, it)
    assert read_value(record.value or b"") == it
    assert read_key(record.key) == DIGEST


def test_the_key_is_the_hexadecimal_digest_and_picks_the_partition() -> None:
    record = entry("email-suppressions", DIGEST, Suppression(Source.MANUAL, "", NOW))
    assert record.key == address_digest("ann@example.com").encode()
    assert record.lane == lane_of(DIGEST)


def test_a_tombstone_goes_to_the_partition_of_its_entry() -> None:
    record = tombstone("email-suppressions", DIGEST, 3)
    assert (record.key, record.value, record.lane) == (DIGEST.hex().encode(), None, 3)


def test_an_entry_reads_well() -> None:
    it = Suppression(Source.BOUNCE, "refused", NOW, NOW + 1000, "550 5.1.1", "m-1")
    record = entry("email-suppressions", DIGEST, it)
    assert orjson.loads(record.value or b"") == {
        "source": "bounce",
        "reason": "refused",
        "since": "2026-01-01T00:00:00.000Z",
        "until": "2026-01-01T00:00:01.000Z",
        "code": "550 5.1.1",
        "mail_id": "m-1",
    }


def test_a_time_beyond_all_calendars_is_written_as_the_last_there_is() -> None:
    record = entry("t", DIGEST, Suppression(Source.BOUNCE, "", NOW, NOW * 10**6))
    assert b'"until":"9999-12-31T23:59:59.999Z"' in (record.value or b"")


@pytest.mark.parametrize("value", [b"{}", b'{"source": "import", "until": null}'])
def test_an_entry_of_another_program_suppresses_for_ever(value: bytes) -> None:
    found = read_value(value)
    assert found.source is Source.MANUAL
    assert not found.is_over(NOW * 10**6)


@pytest.mark.parametrize(
    "value",
    [b"", b"oops", b"[]", b'"x"', b'{"until": 5}', b'{"until": "soon"}', b'{"since": [1]}'],
)
def test_what_is_no_entry_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any will do
        read_value(value)


@pytest.mark.parametrize("key", [None, b"", b"ann@example.com", b"\xff", b"ab", b"0" * 66])
def test_a_key_that_is_no_digest_is_refused(key: bytes | None) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any will do
        read_key(key)
