"""Rates of the service and of recipient domains."""

from __future__ import annotations

import pytest

from app.flow import ManualClock
from app.pipeline.pacing import Pacing, Permit, Rates


def made(service: float | None = None, **domains: float) -> tuple[Pacing, ManualClock]:
    clock = ManualClock()
    rates = {name.replace("_", "."): rate for name, rate in domains.items()}
    if "all" in rates:
        rates["*"] = rates.pop("all")
    return Pacing(Rates(service, rates), clock), clock


def waits(pacing: Pacing, *domains: str, times: int = 1) -> list[float]:
    """How long each of these permits has to be waited for; -1 where there was none."""
    found = [pacing.ask(domains) for _ in range(times)]
    return [round(each.wait_s, 3) if isinstance(each, Permit) else -1.0 for each in found]


def test_without_rates_nothing_waits() -> None:
    pacing, _ = made()
    assert [0.0] * 1000 == waits(pacing, "a.example", times=1000)
    assert 0.0 == pacing.ready_in()
    pacing.start()
    assert 0.0 == pacing.ready_in()


def test_the_services_rate_is_kept_by_those_who_start() -> None:
    pacing, clock = made(service=10.0)
    pacing.start()
    assert 0.1 == pytest.approx(pacing.ready_in())
    clock.advance(0.1)
    assert 0.0 == pytest.approx(pacing.ready_in())


def test_who_did_not_send_gives_the_start_back_once() -> None:
    pacing, _ = made(service=10.0)
    permit = pacing.start()
    pacing.start()
    permit.give_back()
    permit.give_back()
    assert 0.1 == pytest.approx(pacing.ready_in())


def test_each_has_its_place_in_its_domains_line() -> None:
    pacing, _ = made(slow_example=5.0)
    assert [0.0, 0.2, 0.4, 0.6] == waits(pacing, "slow.example", times=4)
    assert [0.0] == waits(pacing, "fast.example")


def test_a_place_that_is_given_back_is_the_next_ones() -> None:
    pacing, _ = made(slow_example=5.0)
    waits(pacing, "slow.example")
    permit = pacing.ask(["slow.example"])
    assert isinstance(permit, Permit)
    permit.give_back()
    assert [0.2] == waits(pacing, "slow.example")


def test_the_star_is_each_other_domains_own_rate() -> None:
    pacing, _ = made(all=5.0, fast_example=1000.0)
    assert [0.0, 0.2] == waits(pacing, "a.example", times=2)
    assert [0.0, 0.2] == waits(pacing, "b.example", times=2)
    assert [0.0] * 50 == waits(pacing, "fast.example", times=50)


def test_several_domains_wait_for_the_slowest() -> None:
    pacing, _ = made(a_example=10.0, b_example=1.0)
    waits(pacing, "b.example")
    assert [1.0] == waits(pacing, "a.example", "b.example")
    assert [0.1] == waits(pacing, "a.example"), "it took its token of each"


def test_a_wait_above_five_seconds_has_no_place_and_is_told_when_to_come_back() -> None:
    pacing, clock = made(slow_example=5.0)
    in_place = waits(pacing, "slow.example", times=26)
    assert 5.0 == in_place[-1]
    told = [pacing.ask(["slow.example"]) for _ in range(3)]
    assert [5.2, 5.4, 5.6] == pytest.approx(told)
    clock.advance(5.2)
    assert [0.0] == waits(pacing, "slow.example"), "those in place were served meanwhile"


def test_who_has_waited_elsewhere_goes_before_those_that_come_first() -> None:
    pacing, clock = made(slow_example=5.0)
    waits(pacing, "slow.example", times=26)
    away = [pacing.ask(["slow.example"]) for _ in range(50)]
    assert 15.0 == pytest.approx(max(each for each in away if isinstance(each, float)))
    clock.advance(4.0)
    assert [-1.0] == waits(pacing, "slow.example"), "fifty come before it"
    assert isinstance(pacing.ask(["slow.example"], returned=True), Permit)


def test_without_room_only_who_may_go_now_is_given_a_permit() -> None:
    pacing, _ = made(slow_example=5.0)
    assert isinstance(pacing.ask(["slow.example"], room=False), Permit)
    assert isinstance(pacing.ask(["slow.example"], room=False), float)


def test_nobody_is_sent_away_for_more_than_an_hour() -> None:
    pacing, _ = made(slow_example=1 / 3600)
    waits(pacing, "slow.example")
    assert [3600.0] * 3 == [pacing.ask(["slow.example"]) for _ in range(3)]


def test_domains_that_owe_nothing_are_forgotten() -> None:
    pacing, clock = made(all=100.0)
    for number in range(20_000):
        waits(pacing, f"{number}.example")
        clock.advance(0.001)
    assert len(pacing._domains) <= 10_000
