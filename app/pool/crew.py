"""The workers: how many there are, who rests, who leaves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.pool.core_log import log
from app.pool.outcome import Outcome
from app.pool.phase import Phase
from app.pool.worker import Worker

if TYPE_CHECKING:
    from app.pool.core import Core
    from app.pool.ticket import AnyTicket


class Crew:
    """Workers that rest are woken one per job, the last to rest first."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._made = 0
        self.workers: dict[asyncio.Task[None], Worker] = {}
        self._stragglers: set[asyncio.Task[object]] = set()
        self.resting: list[Worker] = []

    def is_worker(self, task: asyncio.Task[object] | None) -> bool:
        return task in self.workers or task in self._stragglers

    def fill(self) -> None:
        """Make workers until there are as many as there shall be."""
        core = self._core
        while core.live < core.target:
            self._made += 1
            worker = Worker(core, self._made)
            task = core.loop.create_task(worker.run(), name=f"pool-worker-{self._made}")
            worker.task = task
            # It counts as resting from now on, though its task has yet to begin.
            worker.woken = core.loop.create_future()
            self.workers[task] = worker
            self.resting.append(worker)
            core.live += 1
            task.add_done_callback(self._left)

    def shrink(self) -> None:
        """Those at rest leave at once; the busy see it when their job is done."""
        core = self._core
        while core.live > core.target and self.resting:
            worker = self.resting.pop()
            self._dismiss(worker)
            _wake(worker)

    def wake_one(self) -> None:
        _wake(self.resting.pop())

    def rouse(self) -> None:
        """As many as there are jobs for."""
        for _ in range(min(self._core.queued, len(self.resting))):
            _wake(self.resting.pop())

    async def rest(self, worker: Worker) -> bool:
        """Wait to be woken; False when the worker shall leave."""
        core = self._core
        if worker.gone:
            return False
        if core.live > core.target:
            self._dismiss(worker)
            core.measure()
            return False
        if worker.task.cancelling():
            return False
        worker.woken = core.loop.create_future()
        self.resting.append(worker)
        return await self.wait(worker)

    async def wait(self, worker: Worker) -> bool:
        """The waiting alone, for a worker that counts as resting."""
        try:
            await worker.woken
        except asyncio.CancelledError:
            if worker in self.resting:
                self.resting.remove(worker)
            return False
        return not worker.gone

    def cancel_job(self, ticket: AnyTicket, reason: Outcome) -> bool:
        """Cancel the handler that runs this job; True when `reason` is why it is cancelled."""
        for worker in self.workers.values():
            if worker.ticket is ticket:
                self.cancel_run(worker, reason)
                return worker.reason is reason
        return False

    def cancel_run(self, worker: Worker, reason: Outcome, *, again: bool = False) -> None:
        """The first reason stands; a second cancellation is for those who swallowed one."""
        if worker.reason is None or again:
            worker.reason = worker.reason or reason
            worker.cancels += 1
            worker.task.cancel()

    def dismiss_straggler(self, worker: Worker) -> None:
        """Its handler does not end; it no longer counts."""
        self._dismiss(worker)
        del self.workers[worker.task]
        self._stragglers.add(worker.task)

    def _dismiss(self, worker: Worker) -> None:
        worker.gone = True
        self._core.live -= 1

    def _left(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
            log.critical("a worker of the pool died; please report this", exc_info=error)
        self._stragglers.discard(task)
        worker = self.workers.pop(task, None)
        if worker is None:
            return
        if self._core.phase is Phase.STOPPED and not self.workers:
            self._core.stopping.complete()
        if not worker.gone:
            # Cancelled from outside, or ended by KeyboardInterrupt.
            self._dismiss(worker)
            if worker.ticket is not None and worker.ticket.outcome is None:
                self._core.settle_run(worker, Outcome.FAILED, error)
            self._core.loop.call_soon(self._replace)

    def _replace(self) -> None:
        """A worker was lost. When every task of the loop is being cancelled, so is the pool."""
        core = self._core
        if core.phase not in {Phase.RUNNING, Phase.STOPPING}:
            return
        if all(task.done() or task.cancelling() for task in asyncio.all_tasks(core.loop)):
            core.stopping.collapse()
            return
        self.fill()
        core.measure()


def _wake(worker: Worker) -> None:
    if not worker.woken.done():
        worker.woken.set_result(None)
