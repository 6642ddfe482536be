"""A reader's view of the results."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from app.pool.outcome import Outcome
from app.pool.result import JobResult, result_of

if TYPE_CHECKING:
    from types import TracebackType

    from app.pool.core import Core

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

OK = Outcome.OK
new_tuple = tuple.__new__


class Results(Generic[JobT, ResultT]):
    """Every result from the subscription on, as an asynchronous iterator.

    It ends by itself once the pool has stopped and all was read. While it is `results_buffer`
    behind, submissions wait; `aclose`, leaving `async with`, or dropping the last reference
    lifts that. One task reads it at a time.
    """

    __slots__ = ("_core", "_subscription", "_unread")

    def __init__(self, core: Core) -> None:
        self._core = core
        self._subscription = core.channel.subscribe()
        self._unread = self._subscription.unread

    def __aiter__(self) -> Results[JobT, ResultT]:
        return self

    async def __anext__(self) -> JobResult[JobT, ResultT]:
        unread = self._unread
        if not unread:
            await self._wait()
        subscription = self._subscription
        if subscription.careful:
            return result_of(self._core.channel.take(subscription))
        ticket = unread.popleft()
        if ticket.extra is not None or ticket.outcome is not OK:
            self._core.channel.release(ticket)
            return result_of(ticket)
        given = ticket.given_id
        return new_tuple(
            JobResult,
            (
                f"job-{ticket.number}" if given is None else given,
                ticket.job,
                OK,
                ticket.value,
                None,
                None,
                1,
                ticket.priority,
                ticket.queued_s,
                ticket.run_s,
                ticket.worker,
            ),
        )

    async def _wait(self) -> None:
        """Until there is something to read; StopAsyncIteration when there will be nothing."""
        subscription = self._subscription
        while not self._unread:
            channel = self._core.channel
            if subscription.closed or channel.closed:
                channel.unsubscribe(subscription)
                raise StopAsyncIteration
            if subscription.told is not None:
                raise RuntimeError("another task is reading from this iterator")
            subscription.task = asyncio.current_task()
            subscription.told = asyncio.get_running_loop().create_future()
            try:
                await subscription.told
            finally:
                subscription.told = None

    async def aclose(self) -> None:
        """Leave: what was not read is no longer waited for."""
        self._core.channel.unsubscribe(self._subscription)

    async def __aenter__(self) -> Results[JobT, ResultT]:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._core.channel.unsubscribe(self._subscription)

    def __del__(self) -> None:
        self._core.channel.unsubscribe(self._subscription)
