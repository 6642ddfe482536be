"""Where in its life the service is, and what an operator makes it do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.ops.health import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.intake.reader import Reader
    from app.pool import WorkerPool


class Course:
    """`app.ops.steering.Helm` of the running service; `readers` may still come."""

    def __init__(self, pool: WorkerPool[Any, Any], readers: Sequence[Reader]) -> None:
        self._pool = pool
        self._readers = readers
        self.started = False
        self.draining = False
        self._held = False
        self._paused = False

    @property
    def phase(self) -> Phase:
        """`JOINING` also after the group has taken everything away."""
        if self.draining or self._held:
            return Phase.DRAINING
        if not self.started:
            return Phase.STARTING
        if not all(reader.assignment.resumed for reader in self._readers):
            return Phase.JOINING
        return Phase.PAUSED if self._paused else Phase.RUNNING

    @property
    def steerable(self) -> bool:
        """Whether an operator may change it: neither before the start nor at the end."""
        return self.started and not self.draining

    @property
    def workers(self) -> int:
        """How many there are."""
        return self._pool.workers

    def pause(self) -> None:
        """Send nothing more; what comes is taken up as far as there is room."""
        self._paused = True
        self._pool.pause()

    def resume(self) -> None:
        """Undo `pause` and `hold`."""
        self._paused = False
        self._pool.resume()
        self._hold(held=False)

    def hold(self) -> None:
        """Take up nothing more and let what is in hand end; the partitions stay with us."""
        self._hold(held=True)

    def hurry(self) -> None:
        """Let nobody wait any longer in a drain."""
        for reader in self._readers:
            reader.assignment.hurry()

    def _hold(self, *, held: bool) -> None:
        self._held = held
        for reader in self._readers:
            reader.hold(held=held)
