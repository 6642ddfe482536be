"""Pulses, and what happens when one stops."""

from __future__ import annotations

import os

import pytest

from app.domain.errors import Fatal
from app.pipeline import watchdog as module
from app.pipeline.watchdog import Pulse, Watchdog
from tests.support.waiting import run


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_only_work_ages_waiting_for_others_does_not() -> None:
    time = Time()
    pulse = Pulse("reading", time)
    time.now = 100
    assert pulse.age_s == 0
    pulse.beat()
    time.now = 130
    assert pulse.age_s == 30
    pulse.rest()
    time.now = 500
    assert pulse.age_s == 0


def test_trouble_is_said_once_then_at_growing_intervals_and_its_end_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    time = Time()
    pulse = Pulse("Kafka", time)
    for now in range(60):
        time.now = now
        pulse.trouble("away")
    said = [one.message for one in caplog.records]
    assert 2 <= len(said) <= 6
    assert set(said) == {"Kafka: away"}
    pulse.trouble(None)
    pulse.trouble(None)
    assert caplog.records[-1].message == "Kafka: works again after 59 s"
    assert len(caplog.records) == len(said) + 1
    assert pulse.reason is None


def test_a_loop_that_stands_still_ends_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.001)
    time = Time()
    dog = Watchdog(time)
    pulse = dog.pulse("reading the queue")
    pulse.beat()
    time.now = 61

    with pytest.raises(Fatal, match="reading the queue has not turned for 61 s"):
        run(dog.run())


def test_a_blocked_event_loop_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(module, "LOOK_S", 0.001)
    time = Time()
    dog = Watchdog(time)
    time.now = 61

    def stop_after_the_exit(code: int) -> None:
        ended.append(code)
        dog._ended.set()

    monkeypatch.setattr(os, "_exit", stop_after_the_exit)
    dog._watch_loop()
    assert ended == [1]
