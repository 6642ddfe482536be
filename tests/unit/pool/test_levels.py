from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.pool.levels import Levels
from app.pool.priority import Priority
from app.pool.recorder import Percentiles, percentiles
from app.pool.ticket import DONE, QUEUED, Ticket


def queued(levels: Levels, number: int, priority: Priority, entered: float) -> Ticket[Any]:
    nothing: Any = None
    ticket: Ticket[Any] = Ticket(nothing, number, priority, None, None)
    ticket.number, ticket.entered, ticket.state = number, entered, QUEUED
    levels.lines[priority].append(ticket)
    return ticket


priorities = st.sampled_from(Priority)


@given(
    st.lists(st.tuples(priorities, st.floats(0, 9), st.booleans()), max_size=200), st.floats(1, 9)
)
def test_pops_the_head_with_the_highest_aged_level_then_the_earliest(
    entries: list[tuple[Priority, float, bool]], ageing: float
) -> None:
    levels = Levels(ageing)
    now = 0.0
    waiting: list[Ticket[Any]] = []
    for number, (priority, later, leaves) in enumerate(entries):
        now += later
        ticket = queued(levels, number, priority, now)
        if leaves:
            ticket.state = DONE
            levels.discard()
        else:
            waiting.append(ticket)
    assert {t.number for t in waiting} == {t.number for t in levels}
    while waiting:
        heads = [
            next(t for t in waiting if t.priority is priority)
            for priority in Priority
            if any(t.priority is priority for t in waiting)
        ]

        def rank(ticket: Ticket[Any]) -> tuple[int, int]:
            lifted = ticket.priority + int((now - ticket.entered) / ageing)
            return min(Priority.HIGH, lifted), -ticket.number

        expected = max(heads, key=rank)
        assert expected is levels.pop(now)
        waiting.remove(expected)


def test_stale_entries_never_are_the_majority_for_long() -> None:
    levels = Levels(5)
    for number in range(1_000):
        queued(levels, number, Priority.NORMAL, 0.0).state = DONE
        levels.discard()
    assert sum(map(len, levels.lines)) <= 65


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300))
def test_percentiles_are_by_nearest_rank(times: list[float]) -> None:
    figures = percentiles(times)
    for percent, value in ((50, figures.p50), (95, figures.p95), (99, figures.p99)):
        below = sum(time <= value for time in times)
        assert below * 100 >= percent * len(times)
        assert value in times
        assert sum(time < value for time in times) * 100 < percent * len(times)
    assert max(times) == figures.max
    assert Percentiles(0.0, 0.0, 0.0, 0.0, 0.0) == percentiles([])
