"""Which rung is taken: chosen cheaply for the report's header, started when a test asks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.support.backends.backend import NotAvailable
from tests.support.backends.docker import Docker
from tests.support.backends.embedded import Embedded
from tests.support.backends.given import Given
from tests.support.backends.maven import Maven

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.support.backends.backend import Backend, Broker

VARIABLE = "TEST_KAFKA"
RUNGS: Mapping[str, Callable[[], Backend]] = {
    "given": Given,
    "docker": Docker,
    "maven": Maven,
    "embedded": Embedded,
}


class Ladder:
    """`forced` names the only rung to try; `notes` tells what was passed over, and why."""

    def __init__(
        self, forced: str | None = None, rungs: Mapping[str, Callable[[], Backend]] = RUNGS
    ) -> None:
        if forced and forced not in rungs:
            raise ValueError(f"{VARIABLE}={forced}: allowed are {', '.join(rungs)}")
        self.forced = forced
        self.notes: list[str] = []
        self._rungs = {name: make() for name, make in rungs.items() if forced in {None, name}}
        self._started: Backend | None = None

    @classmethod
    def from_environment(cls) -> Ladder:
        """As `TEST_KAFKA` says; ValueError when it names no rung."""
        return cls(os.environ.get(VARIABLE, "").strip() or None)

    def describe(self) -> str:
        """What `start` would try first; nothing is started."""
        refusals = []
        for name, backend in self._rungs.items():
            try:
                chosen = backend.describe()
            except NotAvailable as why:
                refusals.append(f"{name}: {why}")
            else:
                return f"{chosen} (forced)" if self.forced else chosen
        return f"none ({'; '.join(refusals)})"

    def start(self, folder: Path) -> Broker:
        """Climb down until one runs; raises NotAvailable with every rung's reason."""
        refusals = []
        for name, backend in self._rungs.items():
            try:
                backend.describe()
            except NotAvailable as why:
                refusals.append(f"{name}: {why}")
                continue
            try:
                broker = backend.start(folder / name)
            except NotAvailable as why:
                refusals.append(f"{name}: {why}")
                self.notes.append(f"{name} was chosen but failed: {why}")
            except BaseException:
                backend.stop()
                raise
            else:
                self._started = backend
                return broker
        raise NotAvailable("no Kafka: " + "; ".join(refusals))

    def stop(self) -> None:
        if self._started:
            self._started.stop()
            self._started = None
