"""The pool does what the model does, whatever happens to it."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from math import inf
from typing import Any

import uvloop
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from typing_extensions import override

from app.pool import (
    ManualClock,
    Outcome,
    PoolConfig,
    Postpone,
    Priority,
    QueueFull,
    RetryPolicy,
    Ticket,
    WorkerPool,
)
from tests.contract.pool.helpers import check_numbers, read_all, spin
from tests.contract.pool.model import Job, Model

pick = st.integers(0, 1_000)
maybe_seconds = st.none() | st.integers(1, 12)


class PoolMachine(RuleBasedStateMachine):
    """Drives pool and model side by side; the pool's loop turns only within a step."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = self.new_loop()
        self.complaints: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.complaints.append(context))
        self.clock = ManualClock()
        self.controls: dict[int, asyncio.Future[Any]] = {}
        self.tickets: dict[int, Ticket[int]] = {}
        self.started: list[int] = []

    @staticmethod
    def new_loop() -> asyncio.AbstractEventLoop:
        return asyncio.new_event_loop()

    async def handler(self, job: Job) -> int:
        control = self.controls[job.number] = self.loop.create_future()
        self.started.append(job.number)
        try:
            how = await control
        finally:
            del self.controls[job.number]
        if isinstance(how, Exception):
            raise how
        return job.number

    @initialize(workers=st.integers(1, 4), buffer=st.integers(0, 5), max_retries=st.integers(0, 2))
    def make(self, workers: int, buffer: int, max_retries: int) -> None:
        self.model = Model(workers, buffer, max_retries, retry_delay=2.0)
        self.pool: WorkerPool[Job, int] = WorkerPool(
            self.handler,
            PoolConfig(
                workers=workers,
                buffer=buffer,
                ageing=0,
                results_buffer=100_000,
                retry=RetryPolicy(max_retries, base=2, factor=1, jitter=0),
            ),
            clock=self.clock,
        )
        self.results = self.pool.results()
        self.loop.run_until_complete(self.pool.start())

    def settle(self) -> None:
        self.loop.run_until_complete(spin(12))
        self.model.start()

    @rule(
        priority=st.sampled_from(Priority),
        not_before=maybe_seconds,
        expires_at=maybe_seconds,
        deadline=maybe_seconds,
        timeout_each=maybe_seconds,
    )
    def submit(self, priority: Priority, **times: int | None) -> None:
        job = Job(len(self.model.jobs), priority)
        points: dict[str, Any] = {}
        for option, name in (
            ("not_before", "due"),
            ("expires_at", "expires"),
            ("deadline", "deadline"),
        ):
            seconds = times[option]
            if seconds is not None:
                setattr(job, name, self.model.now + seconds)
                points[option] = self.clock.now() + timedelta(seconds=seconds)
        if times["timeout_each"] is not None:
            job.timeout_each = points["timeout_each"] = times["timeout_each"]
        accepted = self.model.submit(job)
        try:
            ticket = self.pool.try_submit(job, priority=priority, **points)
        except QueueFull:
            assert not accepted
        else:
            assert accepted
            self.tickets[job.number] = ticket
        self.settle()

    @precondition(lambda self: self.model.running)
    @rule(which=pick, how=st.sampled_from(["ok", "ok", "fail", "postpone"]))
    def finish(self, which: int, how: str) -> None:
        job = self.model.running[which % len(self.model.running)]
        control = self.controls[job.number]
        if how == "ok":
            control.set_result(None)
            self.model.end(job, Outcome.OK)
        elif how == "fail":
            control.set_result(ValueError(job.number))
            self.model.fail(job, Outcome.FAILED)
        else:
            control.set_result(Postpone(3))
            self.model.postpone(job, 3)
        self.settle()

    @precondition(lambda self: self.model.jobs)
    @rule(which=pick)
    def cancel(self, which: int) -> None:
        job = self.model.jobs[which % len(self.model.jobs)]
        assert self.tickets[job.number].cancel() is (job.outcome is None)
        if job.outcome is None:
            self.model.end(job, Outcome.CANCELLED)
        self.settle()

    @rule()
    def pause(self) -> None:
        self.pool.pause()
        self.model.paused = True
        self.settle()

    @rule()
    def resume(self) -> None:
        self.pool.resume()
        self.model.paused = False
        self.settle()

    @rule(workers=st.integers(1, 5))
    def resize(self, workers: int) -> None:
        self.loop.run_until_complete(self.pool.resize(workers))
        self.model.workers = workers
        self.settle()

    @rule(seconds=st.integers(1, 8))
    def advance(self, seconds: int) -> None:
        model = self.model
        end = model.now + seconds
        while (event := min(model.next_event(), end)) < end:
            self.move_to(event)
        self.move_to(end)

    def move_to(self, when: float) -> None:
        self.clock.advance(when - self.model.now)
        self.model.now = when
        self.model.ring()
        self.settle()

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "pool"):
            return
        model, stats = self.model, self.pool.stats()
        assert sorted(job.number for job in model.running) == sorted(self.controls)
        assert (len(model.running), len(model.queue), len(model.parked)) == (
            stats.busy,
            stats.queued,
            stats.parked,
        )
        assert model.room == self.pool.room()
        assert {j.number: j.outcome for j in model.jobs} == {
            number: ticket.outcome for number, ticket in self.tickets.items()
        }
        assert max(model.workers, len(model.running)) == stats.workers
        check_numbers(self.pool)
        assert not self.complaints

    @override
    def teardown(self) -> None:
        try:
            if hasattr(self, "pool"):
                self.loop.run_until_complete(self.stop())
        finally:
            self.loop.close()
        assert not self.complaints, self.complaints

    async def stop(self) -> None:
        """By force, with what is left in the model's hands; nothing stays behind."""
        report = await self.pool.stop(0)
        left = [job for job in self.model.jobs if job.outcome is None]
        assert [job.number for job in left] == [r.job.number for r in report.unfinished]
        for job in left:
            assert Outcome.ABANDONED == self.tickets[job.number].outcome
        assert () == report.stragglers
        seen = [result.job.number for result in await read_all(self.results)]
        assert sorted(seen) == [job.number for job in self.model.jobs]
        stats = self.pool.stats()
        assert (0, 0, 0, 0) == (stats.workers, stats.busy, stats.queued, stats.parked)
        check_numbers(self.pool)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert 0 == self.clock.pending


class UvloopPoolMachine(PoolMachine):
    @staticmethod
    @override
    def new_loop() -> asyncio.AbstractEventLoop:
        return uvloop.new_event_loop()


class GracefulPoolMachine(PoolMachine):
    """As above, but what is left gets the time it needs."""

    @override
    async def stop(self) -> None:
        stopping = asyncio.ensure_future(self.pool.stop(inf))
        while not stopping.done():
            await spin(12)
            for control in tuple(self.controls.values()):
                control.set_result(None)
            await spin(12)
            self.clock.advance(1)
        report = await stopping
        assert (False, ()) == (report.forced, report.unfinished)
        assert all(ticket.done() for ticket in self.tickets.values())
        assert len(self.tickets) == len(await read_all(self.results))
        check_numbers(self.pool)


many = settings(
    max_examples=int(os.environ.get("POOL_MODEL_EXAMPLES", "60")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = many
TestUvloopPoolMachine = UvloopPoolMachine.TestCase
TestUvloopPoolMachine.settings = many
TestGracefulPoolMachine = GracefulPoolMachine.TestCase
TestGracefulPoolMachine.settings = many
