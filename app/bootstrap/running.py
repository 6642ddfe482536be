"""From the settings to an exit code: signals, start, drain."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from typing import TYPE_CHECKING

import uvloop

from app.bootstrap import tracing
from app.bootstrap.operations import Operations
from app.bootstrap.service import Service
from app.domain.errors import Fatal, ServerUnreachable
from app.kafka import hush
from app.telemetry import AddressView, MailLog, configure_logging, sum_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.settings import Loaded

log = logging.getLogger("app")

DONE = 0
FAILED = 1
UNREACHABLE = 3
INTERRUPTED = 130

SUM_UP_EVERY_S = 5.0


def serve(loaded: Loaded, flags: Mapping[str, str]) -> int:
    """Run the service until a signal ends it; the process's exit code.

    `flags` are those that were loaded; SIGHUP reads the other sources again.
    """
    settings = loaded.settings
    lines = configure_logging(
        settings.log_level, settings.log_format, addresses=AddressView(settings.log_addresses)
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_live(loaded, flags, MailLog(lines)))


async def _live(loaded: Loaded, flags: Mapping[str, str], mail_log: MailLog) -> int:
    settings = loaded.settings
    try:
        export = tracing.export(settings) if settings.ops_tracing else None
        service = Service(settings, mail_log, tracing.tracing(settings, export))
    except Fatal as error:
        log.critical("%s", error)
        return FAILED
    try:
        return await _Life(service, Operations(loaded, flags, service, mail_log)).live()
    finally:
        if export is not None:
            await export.stop()


async def _sum_up_logs() -> None:
    while True:
        await asyncio.sleep(SUM_UP_EVERY_S)
        sum_up()


class _Life:
    """One signal drains, the next one hurries."""

    def __init__(self, service: Service, operations: Operations) -> None:
        self._operations = operations
        self._service = service
        self._asked_to_end = asyncio.Event()
        self._signals = 0

    async def live(self) -> int:
        loop = asyncio.get_running_loop()
        hush(loop)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        loop.add_signal_handler(signal.SIGHUP, self._operations.reread)
        summing_up = asyncio.create_task(_sum_up_logs(), name="log bursts")
        code = await self._until_the_end()
        seconds = self._operations.settings.shutdown_timeout
        if self._service.course.started:
            log.info("draining for at most %g s", seconds)
        await self._service.drain(seconds)
        await self._operations.stop()
        if self._signals > 1:
            code = INTERRUPTED
        summing_up.cancel()
        sum_up(everything=True)
        log.info("ended")
        return code

    async def _until_the_end(self) -> int:
        asked = asyncio.create_task(self._asked_to_end.wait(), name="signals")
        serving = asyncio.create_task(self._serve(), name="service")
        try:
            await asyncio.wait([asked, serving], return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        except ServerUnreachable as error:
            log.error("%s", error)  # noqa: TRY400 - the text says it all
            return UNREACHABLE
        except Fatal as error:
            log.critical("%s", error)
            return FAILED
        except Exception:
            log.critical("the service failed", exc_info=True)
            return FAILED
        finally:
            for task in (asked, serving):
                task.cancel()
            await asyncio.gather(asked, serving, return_exceptions=True)
        return DONE

    async def _serve(self) -> None:
        await self._operations.start()
        await self._service.start()
        # What is there now stays. No later collection has to look at it, which would take a tenth
        # of a second in which no mail moves.
        gc.freeze()
        log.info("reading %s", self._operations.settings.kafka_topic)
        await self._service.run()

    def _signalled(self, number: int) -> None:
        self._signals += 1
        if self._signals == 1:
            log.info("%s: ending", signal.Signals(number).name)
        else:
            log.warning("%s again: cutting what still runs", signal.Signals(number).name)
            self._service.course.hurry()
        self._asked_to_end.set()
