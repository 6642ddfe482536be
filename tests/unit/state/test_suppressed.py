"""What is known agrees with the logs, whatever their order."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state.suppressed import Suppressed

ANN, BOB = b"a" * 32, b"b" * 32
NOW = 1_767_225_600_000


@dataclass
class Clock:
    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class Rig:
    clock: Clock = field(default_factory=Clock)
    known: Suppressed = field(init=False)

    def __post_init__(self) -> None:
        self.known = Suppressed(self.clock)


def test_an_entry_counts_until_its_time() -> None:
    rig = Rig()
    rig.known.put(0, ANN, NOW + 10, manual=False)
    assert rig.known.holds(ANN)
    assert not rig.known.holds(BOB)
    rig.clock.now += 10
    assert not rig.known.holds(ANN)


def test_an_entry_without_a_time_counts_for_ever() -> None:
    rig = Rig()
    rig.known.put(0, ANN, None, manual=True)
    rig.clock.now += 100 * 365 * 86_400_000
    assert rig.known.holds(ANN)
    assert rig.known.is_manual(ANN)


def test_a_bounce_is_known_at_once_and_gives_way_to_what_the_log_says() -> None:
    rig = Rig()
    rig.known.bounced(ANN, NOW + 10)
    assert rig.known.holds(ANN)
    assert not rig.known.is_manual(ANN)
    rig.known.put(3, ANN, NOW + 20, manual=False)
    rig.clock.now += 15
    assert rig.known.holds(ANN)
    rig.known.remove(3, ANN)
    assert not rig.known.holds(ANN)


def test_a_bounce_does_not_replace_an_entry_made_by_hand() -> None:
    rig = Rig()
    rig.known.put(3, ANN, None, manual=True)
    rig.known.bounced(ANN, NOW + 10)
    assert rig.known.is_manual(ANN)
    rig.known.remove(3, ANN)
    assert not rig.known.holds(ANN)


def test_an_entry_made_by_hand_whose_time_is_over_stands_no_longer() -> None:
    rig = Rig()
    rig.known.put(3, ANN, NOW + 5, manual=True)
    rig.clock.now += 5
    assert not rig.known.is_manual(ANN)
    rig.known.put(4, ANN, NOW + 20, manual=False)
    assert rig.known.holds(ANN)


def test_what_is_over_takes_no_memory() -> None:
    rig = Rig()
    rig.known.put(0, ANN, NOW, manual=False)
    assert len(rig.known) == 0
    rig.known.put(0, ANN, NOW + 5, manual=False)
    rig.known.put(0, BOB, None, manual=False)
    rig.clock.now += 5
    rig.known.forget_expired()
    assert len(rig.known) == 1


def test_a_log_that_is_gone_takes_its_entries_with_it() -> None:
    rig = Rig()
    rig.known.put(0, ANN, None, manual=True)
    rig.known.put(1, BOB, None, manual=True)
    rig.known.forget(0)
    assert (rig.known.holds(ANN), rig.known.holds(BOB)) == (False, True)


writes = st.lists(
    st.tuples(
        st.sampled_from([ANN, BOB]),
        st.none() | st.tuples(st.none() | st.integers(NOW - 5, NOW + 5), st.booleans()),
    ),
    max_size=12,
)


@given(writes, st.integers(0, 3))
def test_one_partition_is_followed_as_a_map_would(
    log: list[tuple[bytes, tuple[int | None, bool] | None]], partition: int
) -> None:
    rig, model = Rig(), dict[bytes, tuple[int | None, bool]]()
    for digest, value in log:
        if value is None:
            rig.known.remove(partition, digest)
            model.pop(digest, None)
        else:
            rig.known.put(partition, digest, value[0], manual=value[1])
            model[digest] = value
    for digest in (ANN, BOB):
        until, manual = model.get(digest, (0, False))
        counts = until is None or until > NOW
        assert rig.known.holds(digest) is counts
        assert rig.known.is_manual(digest) is (counts and manual)


@given(st.lists(writes, min_size=2, max_size=3), st.data())
def test_several_partitions_count_together_in_any_order_of_reading(
    logs: list[list[tuple[bytes, tuple[int | None, bool] | None]]], data: st.DataObject
) -> None:
    """Each partition is a map of its own, and the strongest entry of all counts."""
    order = data.draw(st.permutations([n for n, log in enumerate(logs) for _ in log]))
    rig, reading = Rig(), [iter(log) for log in logs]
    models: list[dict[bytes, tuple[int | None, bool]]] = [{} for _ in logs]
    for partition in order:
        digest, value = next(reading[partition])
        if value is None:
            rig.known.remove(partition, digest)
            models[partition].pop(digest, None)
        else:
            rig.known.put(partition, digest, value[0], manual=value[1])
            models[partition][digest] = value
    forgotten = data.draw(st.none() | st.integers(0, len(logs) - 1))
    if forgotten is not None:
        rig.known.forget(forgotten)
        models[forgotten].clear()
    rig.clock.now += data.draw(st.integers(0, 5))
    if data.draw(st.booleans()):
        rig.known.forget_expired()
    for digest in (ANN, BOB):
        live = [
            manual
            for model in models
            if digest in model
            for until, manual in [model[digest]]
            if until is None or until > rig.clock.now
        ]
        assert rig.known.holds(digest) is bool(live)
        assert rig.known.is_manual(digest) is any(live)


@pytest.mark.parametrize("partition", [0, 11, 60_000])
def test_partitions_are_told_apart(partition: int) -> None:
    rig = Rig()
    rig.known.put(partition, ANN, None, manual=True)
    rig.known.remove(partition + 1, ANN)
    assert rig.known.holds(ANN)
    rig.known.remove(partition, ANN)
    assert not rig.known.holds(ANN)
