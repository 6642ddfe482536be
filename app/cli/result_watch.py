"""Showing results and waiting for them, with what is said about Kafka meanwhile."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.cli.progress import Reading
from app.cli.reaching import reached
from app.cli.result_lines import ResultLines
from app.cli.terminal import complain, warn
from app.outcomes.finality import Awaited
from app.outcomes.result_filter import ResultFilter
from app.outcomes.results_log import ResultsLog, wait_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Sequence

    from app.cli.landing import Landing
    from app.outcomes.results_log import Found
    from app.settings import Settings


class Trouble:
    """Says once that results cannot be read, and once that they can again."""

    def __init__(self) -> None:
        self._said = False

    def __call__(self, reason: str | None) -> None:
        if reason is not None and not self._said:
            warn(f"results cannot be read, trying again: {reason}")
        elif reason is None and self._said:
            warn("results are read again")
        self._said = reason is not None


@asynccontextmanager
async def opened(settings: Settings, topic: str) -> AsyncIterator[ResultsLog]:
    """The results as they are now; a bar shows how far they are read."""
    with Reading("results") as reading:
        async with (
            reached(settings) as config,
            ResultsLog(config, topic, Trouble(), reading) as log,
        ):
            yield log


async def show(
    settings: Settings,
    topic: str,
    wanted: ResultFilter,
    since_ms: int,
    *,
    last: int | None,
    follow: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print the newest `last` since a time, all of them when None; then go on when told to."""
    lines = ResultLines(as_json=as_json)
    left = limit if limit is not None else sys.maxsize
    async with opened(settings, topic) as log:
        async for found in _chosen(log, wanted, since_ms, last=last, follow=follow):
            lines.results(found[:left])
            left -= len(found)
            if left <= 0:
                return


async def _chosen(
    log: ResultsLog, wanted: ResultFilter, since_ms: int, *, last: int | None, follow: bool
) -> AsyncIterator[list[Found]]:
    if last is None:
        async for found in log.since(since_ms, wanted):
            yield found
    else:
        yield await log.last(last, since_ms, wanted)
    if follow:
        async for found in log.follow(wanted):
            yield found


async def wait(
    settings: Settings,
    topic: str,
    ids: Sequence[str],
    since_ms: int,
    *,
    timeout: float | None,
    as_json: bool,
) -> int:
    """Print each message's end; the exit code for all."""
    awaited = Awaited(ids)
    lines = ResultLines(as_json=as_json)
    names = {one: {"id": one} for one in ids}
    async with opened(settings, topic) as log:
        wanted = ResultFilter(ids=frozenset(ids))
        await tell_ends(log, awaited, wanted, since_ms, lines=lines, names=names, timeout=timeout)
    return 0 if awaited.delivered else 1


async def after_sending(
    settings: Settings,
    sending: Coroutine[object, object, None],
    landing: Landing,
    timeout: float | None,
    *,
    as_json: bool,
) -> int:
    """Send, then print each message's end; the exit code for all that landed.

    Known by its place in the queue: an earlier message of the same id is not meant.
    """
    awaited = Awaited(())
    try:
        async with opened(settings, settings.email_results_topic or "") as log:
            await sending
            origins = landing.origins or {}
            awaited = Awaited(origins, by="origin")
            names = {origin: {"id": name, "origin": origin} for origin, name in origins.items()}
            lines = ResultLines(as_json=as_json)
            wanted = ResultFilter(ids=frozenset(origins.values()))
            await tell_ends(log, awaited, wanted, None, lines=lines, names=names, timeout=timeout)
    finally:
        sending.close()
    return 0 if awaited.delivered else 1


async def tell_ends(
    log: ResultsLog,
    awaited: Awaited,
    wanted: ResultFilter,
    since_ms: int | None,
    *,
    lines: ResultLines,
    names: dict[str, dict[str, str]],
    timeout: float | None,
) -> None:
    """Print each end as it comes; when the time is over, say what is not final and how it stands.

    `names` is what each message is printed with.
    """
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            async for name in wait_for(log, awaited, wanted, since_ms):
                lines.outcome(names[name], awaited.courses[name])
    except TimeoutError:
        if not limit.expired():
            raise
        for name in sorted(awaited.open):
            lines.outcome(names[name], awaited.courses[name])
        complain(f"{len(awaited.open)} of {len(names)} not final within {timeout:g} s")
