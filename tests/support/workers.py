"""The suite in several processes at once (pytest-xdist), and the tests that must be alone."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALONE = "alone"


def number() -> int:
    """Which of the workers this process is, below `count`; one that crashed is replaced."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % count()


def count() -> int:
    """How many workers there are at a time, at least one."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def arrange(items: list[pytest.Item]) -> None:
    """Put those that must be alone last; keep together what shares a server of its module.

    All workers have to have the same order: parameters that come from a set have none.
    """
    places: dict[str, int] = {}
    for item in items:
        places.setdefault(_function(item), len(places))
    items.sort(key=lambda item: (is_alone(item), places[_function(item)], item.nodeid))
    for item in items:
        if is_alone(item):
            item.add_marker(pytest.mark.xdist_group(ALONE))
        elif _shares_with_its_module(item):
            item.add_marker(pytest.mark.xdist_group(item.location[0]))


def is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker(ALONE) is not None


class Turnstile:
    """Lets tests in side by side, or one that must be alone.

    Whoever wants to be alone stops the others at the gate and waits until those within are out. A
    worker that dies is out.
    """

    def __init__(self, folder: Path) -> None:
        self._gate = folder / "gate"
        self._room = folder / "room"

    @contextmanager
    def passing(self, *, alone: bool) -> Iterator[None]:
        with self._room.open("ab") as room:
            with self._gate.open("ab") as gate:
                fcntl.flock(gate, fcntl.LOCK_EX)
                fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _shares_with_its_module(item: pytest.Item) -> bool:
    info = getattr(item, "_fixtureinfo", None)
    found = info.name2fixturedefs.values() if info else ()
    return any(each.scope == "module" for defs in found for each in defs)
