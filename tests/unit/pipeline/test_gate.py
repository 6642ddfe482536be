"""When work may start."""

from __future__ import annotations

from app.pipeline.gate import Gate


class Relays:
    def __init__(self, ready_in: float) -> None:
        self.wait = ready_in

    def ready_in(self) -> float:
        return self.wait


def test_it_opens_when_a_relay_is_ready() -> None:
    assert Gate(Relays(0.0)).ready_in() == 0.0
    assert Gate(Relays(7.5)).ready_in() == 7.5


def test_it_stays_closed_while_any_checkpoint_is_overdue() -> None:
    overdue = {"queue": False, "tiers": True}
    gate = Gate(Relays(0.0))
    gate.watch(lambda: overdue["queue"])
    gate.watch(lambda: overdue["tiers"])
    assert gate.ready_in() > 0
    overdue["tiers"] = False
    assert gate.ready_in() == 0.0
