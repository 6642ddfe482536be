from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.flow import ManualClock
from app.pool.agenda import Agenda


def test_what_is_due_is_done_in_order_behind_one_timer() -> None:
    clock = ManualClock()
    agenda = Agenda(clock)
    done: list[str] = []
    start = clock.monotonic()
    for name, after in (("c", 3), ("a", 1), ("b", 2), ("b2", 2)):
        agenda.at(start + after, lambda name=name: done.append(name))  # type: ignore[misc]  # a default binds it
    assert 1 == clock.pending
    clock.advance(2)
    assert ["a", "b", "b2"] == done
    agenda.close()
    clock.advance(5)
    assert ["a", "b", "b2"] == done
    assert 0 == clock.pending


def test_a_cancelled_alarm_does_not_ring_and_none_is_fine() -> None:
    clock = ManualClock()
    agenda = Agenda(clock)
    done: list[int] = []
    alarm = agenda.at(clock.monotonic() + 1, lambda: done.append(1))
    agenda.cancel(alarm)
    agenda.cancel(alarm)
    agenda.cancel(None)
    clock.advance(2)
    assert [] == done


def test_what_an_action_sets_for_now_rings_in_a_later_turn() -> None:
    clock = ManualClock()
    agenda = Agenda(clock)
    rings = 0

    def ring() -> None:
        nonlocal rings
        rings += 1
        if rings < 3:
            agenda.at(clock.monotonic(), ring)

    agenda.at(clock.monotonic() + 1, ring)
    clock.advance(1)
    assert 3 == rings


class EarlyClock(ManualClock):
    """Its timers fire half a millisecond early, as uvloop's may."""

    def advance_to_early_timer(self) -> None:
        when, _, timer = self._timers[0]
        self._timers.pop(0)
        self._move_to(when - 0.0005)
        timer.fire()


def test_a_timer_that_fires_early_rings_nothing_and_is_set_again() -> None:
    clock = EarlyClock()
    agenda = Agenda(clock)
    done: list[int] = []
    agenda.at(clock.monotonic() + 1, lambda: done.append(1))
    clock.advance_to_early_timer()
    assert [] == done
    assert 1 == clock.pending
    clock.advance(0.002)
    assert [1] == done


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=300))
def test_cancelled_alarms_do_not_pile_up(alarms: list[tuple[int, bool]]) -> None:
    clock = ManualClock()
    agenda = Agenda(clock)
    rang: list[int] = []
    start = clock.monotonic()
    expected = []
    for number, (after, cancelled) in enumerate(alarms):
        alarm = agenda.at(
            start + after,
            lambda number=number: rang.append(number),  # type: ignore[misc]  # a default binds it
        )
        if cancelled:
            agenda.cancel(alarm)
        else:
            expected.append((after, number))
    assert len(agenda._heap) <= 2 * len(expected) + 66
    clock.advance(51)
    assert [number for _, number in sorted(expected)] == rang
