"""What the suite relies on when several processes share it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

from tests.support.ports import FIRST, LAST, free_port
from tests.support.waiting import wait_until
from tests.support.workers import Turnstile

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_one_that_is_alone_waits_until_those_within_are_out(tmp_path: Path) -> None:
    turnstile, order, leave = Turnstile(tmp_path), list[str](), Event()

    def within() -> None:
        with turnstile.passing(alone=False):
            order.append("in")
            leave.wait(10)
            order.append("out")

    def alone() -> None:
        with turnstile.passing(alone=True):
            order.append("alone")

    with ThreadPoolExecutor() as threads:
        both = [threads.submit(within) for _ in range(2)]
        wait_until(lambda: order == ["in", "in"], "two are in, side by side")
        one = threads.submit(alone)
        assert not one.done()
        leave.set()
        for each in (*both, one):
            each.result(10)
    assert ["in", "in", "out", "out", "alone"] == order


def test_workers_have_ports_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "3")
    found = []
    for worker in ("gw0", "gw1", "gw2"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        found.append({free_port() for _ in range(200)})
    assert FIRST <= min(found[0]) <= max(found[0]) < min(found[1])
    assert max(found[1]) < min(found[2]) <= max(found[2]) <= LAST
    # The one that is started for another that crashed.
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw3")
    assert free_port() < min(found[1])
