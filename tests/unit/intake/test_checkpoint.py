"""The checkpoint's encoding: what it carries, how long it gets, what it refuses."""

from __future__ import annotations

import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.checkpoint import (
    FIXED_LENGTH,
    MAX_CHARACTERS,
    Checkpoint,
    UnreadableCheckpoint,
    decode,
    distance_length,
    encode,
)
from app.intake.checkpoint import (
    _fixed as encode_number,
)

offsets = st.integers(0, 2**62)


@st.composite
def unsettled(draw: st.DrawFn) -> tuple[int, list[int]]:
    """A position and ascending offsets below it, near and far apart."""
    distances = draw(st.lists(st.integers(1, 31) | st.integers(1, 2**40), max_size=40))
    lowest = draw(st.integers(0, 2**50))
    found = [lowest]
    for distance in distances:
        found.append(found[-1] + distance)
    return found[-1] + draw(st.integers(1, 2**40)), found


@given(unsettled(), offsets)
def test_what_was_encoded_is_decoded(case: tuple[int, list[int]], committed: int) -> None:
    position, waiting = case
    metadata = encode(committed, position, waiting)
    assert Checkpoint(position, tuple(waiting)) == decode(metadata, committed)
    assert metadata.isascii()
    assert metadata.isprintable()


@given(offsets)
def test_nothing_unsettled_is_as_short_as_can_be(position: int) -> None:
    metadata = encode(position, position, ())
    assert Checkpoint(position) == decode(metadata, position)
    assert len(metadata) < FIXED_LENGTH


@given(unsettled(), st.data())
def test_settling_never_makes_it_longer(case: tuple[int, list[int]], data: st.DataObject) -> None:
    position, waiting = case
    before = len(encode(position, position, waiting))
    while waiting:
        waiting.remove(data.draw(st.sampled_from(waiting)))
        lowest = waiting[0] if waiting else position
        after = len(encode(lowest, position, waiting))
        assert after <= before
        before = after


def test_its_wire_form_stays_as_it_was_written() -> None:
    """Another release may have to read it; the distances are 1, 32, 33 and 928."""
    written = "kmcp1DLGDHQAAAAAAAAAAFAAAAAAAAAPoAAAAAAAAAAFAfgB_c"
    assert written == encode(5, 1000, (5, 6, 38, 71, 999))
    assert Checkpoint(1000, (5, 6, 38, 71, 999)) == decode(written, 5)


@pytest.mark.parametrize("power", range(0, 61, 5))
def test_a_distance_takes_a_character_for_each_five_bits(power: int) -> None:
    for distance, length in ((2**power, max(1, power // 5)), (2**power + 1, power // 5 + 1)):
        assert length == distance_length(distance)
        metadata = encode(7 + distance, 7 + distance, (0, distance))
        assert FIXED_LENGTH + length == len(metadata)
        assert Checkpoint(7 + distance, (0, distance)) == decode(metadata, 7 + distance)


@given(unsettled())
def test_the_length_can_be_told_from_the_distances(case: tuple[int, list[int]]) -> None:
    position, waiting = case
    told = FIXED_LENGTH + sum(
        distance_length(after - before) for before, after in itertools.pairwise(waiting)
    )
    assert told == len(encode(position, position, waiting))


def test_four_thousand_neighbours_fit_into_what_kafka_takes() -> None:
    assert 4096 == MAX_CHARACTERS
    assert len(encode(10_000, 10_000, range(5_000, 9_000))) <= MAX_CHARACTERS


@pytest.mark.parametrize("metadata", ["", "set by a tool", "KMCP1", "kmc"])
def test_metadata_without_our_magic_is_foreign(metadata: str) -> None:
    assert decode(metadata, 7) is None


@given(unsettled(), st.integers(1, 1000))
def test_another_offset_than_it_was_committed_with_is_foreign(
    case: tuple[int, list[int]], further: int
) -> None:
    position, waiting = case
    assert decode(encode(position, position, waiting), position + further) is None


def test_an_unknown_version_is_an_error_that_names_it() -> None:
    with pytest.raises(UnreadableCheckpoint, match="version '9'"):
        decode(encode(5, 5, ()).replace("kmcp1", "kmcp9"), 5)


@given(unsettled(), st.data())
def test_damage_is_noticed(case: tuple[int, list[int]], data: st.DataObject) -> None:
    position, waiting = case
    metadata = encode(position, position, waiting)
    place = data.draw(st.integers(5, len(metadata) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda c: c != metadata[place]))
    damaged = metadata[:place] + other + metadata[place + 1 :]
    with pytest.raises(UnreadableCheckpoint, match=r"^the checkpoint is damaged: its checksum"):
        decode(damaged, position)


@given(unsettled(), st.data())
def test_a_cut_text_is_noticed(case: tuple[int, list[int]], data: st.DataObject) -> None:
    position, waiting = case
    metadata = encode(position, position, waiting)
    with pytest.raises(UnreadableCheckpoint):
        decode(metadata[: data.draw(st.integers(5, len(metadata) - 1))], position)


@pytest.mark.parametrize("body", ["", "A" * 11, "A" * 21])
def test_a_right_checksum_over_too_little_is_damage(body: str) -> None:
    crc = encode_number(zlib.crc32(body.encode()), 6)
    with pytest.raises(UnreadableCheckpoint):
        decode(f"kmcp1{crc}{body}", 0)


def test_a_right_checksum_over_what_is_no_number_is_damage() -> None:
    body = encode(5, 5, ())[11:-1] + "!"
    crc = encode_number(zlib.crc32(body.encode()), 6)
    with pytest.raises(UnreadableCheckpoint, match="'!' is no digit"):
        decode(f"kmcp1{crc}{body}", 5)
