"""The service: what is built once, in which order it starts, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from app.bootstrap import configs, staging
from app.bootstrap.course import Course
from app.bootstrap.hearing import Hearing
from app.bootstrap.memory import READ_SHARE, WAITING_SHARE, WRITERS_SHARE, room_for_mail
from app.bootstrap.pool_report import report_pool
from app.bootstrap.preparing import prepare
from app.bootstrap.probe import probe_brokers
from app.bootstrap.reading import Readers
from app.bootstrap.remembering import remembering
from app.bootstrap.reply_rules import ReplyRules
from app.bootstrap.sharing import sharing
from app.bootstrap.suppressions import Suppressions
from app.bootstrap.tasks import Tasks
from app.bootstrap.templates import follow_templates, new_composer
from app.domain.clock import epoch_ms
from app.domain.errors import Fatal
from app.intake.decode import Decoder
from app.intake.ledger import Ledger
from app.intake.taking import QueueTaking
from app.kafka import Producer
from app.pipeline.dispatch import Dispatch
from app.pipeline.flights import Flights
from app.pipeline.gate import Gate
from app.pipeline.handler import Handler, Terms
from app.pipeline.line import Line
from app.pipeline.pacing import Pacing
from app.pipeline.router import Router
from app.pipeline.tolerated import Tolerated
from app.pipeline.traces import Traces
from app.pipeline.unparked import Unparked
from app.pipeline.waits import Waits
from app.pipeline.watchdog import Watchdog
from app.pipeline.writer import Writer
from app.pool import WorkerPool
from app.state.suppressed import Suppressed
from app.telemetry import Metrics, PoolEvents, RelayMetrics
from app.telemetry.loop_lag import watch_loop
from app.telemetry.metrics import intake, mail, service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.bootstrap.topics import Topics
    from app.domain.job import Handled, MailJob
    from app.intake.reader import Reader
    from app.outcomes import Schedule
    from app.pipeline.watchdog import Pulse
    from app.settings import Settings
    from app.telemetry import MailLog
    from app.telemetry.tracing import Tracing

POOL_END_S = 2.0
READERS_END_S = 1.0


class Service:
    """Reads, sends and settles between `start` and `drain`."""

    def __init__(
        self, settings: Settings, mail_log: MailLog, tracing: Tracing | None = None
    ) -> None:
        self._settings = settings
        self._mail_log = mail_log
        self._kafka = configs.kafka_config(settings)
        self._room = room_for_mail(settings)
        self.metrics = Metrics()
        suppressed = Suppressed(epoch_ms)
        self._routes = configs.routes(settings, suppressed.is_manual)
        self._suppressions = Suppressions(self._routes.suppressing, suppressed, self.metrics)
        self.watchdog = Watchdog(time.monotonic)
        self.ledger = Ledger()
        self.composer = new_composer(settings)
        self.relays = staging.relays_class(settings)(
            configs.relay_configs(settings),
            breaker=configs.breaker_config(settings),
            observers=RelayMetrics(self.metrics).of,
        )
        self.reply_rules = ReplyRules(
            settings,
            [each.name for each in self.relays.states()],
            self.metrics,
            self.watchdog.pulse("SMTP_RULES", mail_flows=True),
        )
        staging.say(settings, self.watchdog)
        pacing = Pacing(configs.rates(settings))
        self.gate = Gate(self.relays, pacing)
        self._sharing = sharing(settings, self.relays, pacing, self.watchdog)
        self.readers: list[Reader] = []
        self.heard = Hearing(mail_log, self.metrics, settings.email_dlq_topic)
        self._flights = Flights()
        self._traces = Traces(tracing)
        self._remembering = remembering(settings, self._routes.schedule, self.watchdog)
        self._handler = Handler(
            self.composer,
            self.relays,
            self.ledger,
            Waits(
                pacing,
                self.relays,
                self._flights,
                room=settings.email_worker_buffer // WAITING_SHARE,
                tier_s=self._routes.schedule.tiers[0],
                clock=epoch_ms,
            ),
            terms=Terms(
                self.reply_rules.judge,
                staging.redirect(settings),
                sender_domain=configs.sender_domain(settings),
                on_composed=self.metrics.histogram(mail.COMPOSE).of().observe,
                traces=self._traces,
            ),
            screens=[
                *staging.screens(settings),
                *self._suppressions.screens,
                *([self._remembering.screen] if self._remembering else []),
            ],
            on_end=self._remembering.screen.over if self._remembering else None,
        )
        self.pool: WorkerPool[MailJob, Handled] = WorkerPool(
            self._handler,
            configs.pool_config(settings, self.gate, self._room),
            observer=PoolEvents(self.metrics, lambda: self.pool.load()),  # noqa: PLW0108 - it is made here
        )
        self.course = Course(self.pool, self.readers)
        self._unsettled_gone = self.metrics.counter(intake.GONE).of()
        self._results_refused = self.metrics.counter(mail.RESULTS_REFUSED).of()
        self._loop_lag = self.metrics.histogram(service.LOOP_LAG).of()
        self.writer: Writer | None = None
        self._producer: Producer | None = None
        self._tiers: frozenset[str] = frozenset()
        self._routed: list[Router | Unparked] = []
        self._tasks = Tasks()
        self._reading: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Wait for Kafka, prepare its topics, then begin to read.

        Raises `ServerUnreachable` and `Fatal`.
        """
        topics = await prepare(
            self._settings,
            self._kafka,
            self._routes,
            # As early as may be: reading them takes its time.
            lambda: self._suppressions.follow(
                self._kafka, self.watchdog.pulse("suppressions", mail_flows=True)
            ),
        )
        await self.relays.start()
        await self._suppressions.whole()
        await self._start_pipeline(topics)
        self.course.started = True

    async def run(self) -> None:
        """Return when told to `halt`; raises what ended a part of the service that must not end."""
        parts = [*self._tasks, *self._reading, *self._suppressions.tasks]
        await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for part in parts:
            if part.cancelled():
                raise Fatal(f"{part.get_name()} was cut off")
            if part.done():
                part.result()

    async def drain(self, seconds: float) -> None:
        """Stop reading, let what runs end, write the last checkpoint, leave the group."""
        self.course.draining = True
        for reader in self.readers:
            reader.halt()
        if self._reading:
            await asyncio.wait(self._reading, timeout=READERS_END_S)
        for reading in self._reading:
            # It waits for Kafka: for a rebalance that others delay, or for a checkpoint.
            reading.cancel()
        # What ended a reader was raised by `run` already.
        await asyncio.gather(*self._reading, return_exceptions=True)
        await asyncio.gather(*(reader.assignment.drain(seconds) for reader in self.readers))
        if self._producer is not None:
            await self.pool.stop(POOL_END_S)
            # The results end with the pool; what Kafka does not take is left unsettled.
            await self._tasks.end(POOL_END_S)
            await self._producer.stop()
        await self._suppressions.end()
        await asyncio.gather(*(reader.close() for reader in self.readers))
        await self.relays.close()
        if self._remembering is not None:
            await self._remembering.deliveries.close()

    @property
    def queue(self) -> str:
        """The topic that messages come from."""
        return self._routes.schedule.queue

    @property
    def schedule(self) -> Schedule:
        """The one in force."""
        return self._routes.schedule

    def unread_tiers(self, schedule: Schedule) -> list[str]:
        """Topics of this schedule that nobody here reads."""
        return [topic for topic in schedule.topics if topic not in self._tiers]

    def reschedule(self, schedule: Schedule) -> None:
        """Retries decided from now on follow this one; its tiers are read already."""
        self._routes = replace(self._routes, schedule=schedule)
        for each in self._routed:
            each.routes = self._routes

    async def reload(self) -> None:
        """Read again the files that settings name; what is wrong with one stays out of use."""
        self.reply_rules.reload()
        self.composer.reload()
        await self.relays.reread_certificates()

    async def _start_pipeline(self, topics: Topics) -> None:
        publisher = self.watchdog.pulse("publishing")
        self._producer = Producer(
            self._kafka,
            max_request_size=topics.max_request_size,
            gathered=[self._routes.results] if self._routes.results else (),
            on_trouble=publisher.trouble,
        )
        await self._producer.start()
        unparked = Unparked(self._routes, self._mail_log, clock=epoch_ms)
        writer = self.writer = Writer(
            self._producer,
            self.ledger,
            publisher,
            dead_letters=self._routes.dead_letters,
            unparked=unparked,
            max_bytes=self._room // WRITERS_SHARE,
            results=Tolerated(
                "a result is not written",
                self._results_refused.add,
                self._lesser_pulse("results topic"),
            ),
            notes=Tolerated(
                "an address that bounced is not entered",
                self._suppressions.refused,
                self._lesser_pulse("suppressions topic"),
            ),
        )
        router = Router(
            self._routes,
            writer,
            self.ledger,
            self._flights,
            self._mail_log,
            clock=epoch_ms,
            vitals=self.watchdog.pulse("results"),
            traces=self._traces,
        )
        self._routed = [router, unparked]
        self._tiers = frozenset(topics.tiers)
        results = self.pool.results()
        await self.pool.start()
        line = Line(enough=self._settings.email_worker_buffer // READ_SHARE)
        router.on_progress = line.moved
        decoder = Decoder(configs.decoder_config(self._settings))
        queue = QueueTaking(decoder, self.composer.estimate, epoch_ms)
        ways_in = [Dispatch(self.pool, self._flights, router, line, self._traces) for _ in range(2)]
        gone = self._unsettled_gone.add
        readers = Readers(self._settings, self._kafka, self.ledger, self.gate, self.watchdog, gone)
        self._read(readers.queue(ways_in[0], queue), [topics.queue])
        delays = {topic: self._routes.schedule.tier_delay(topic) or 0.0 for topic in topics.tiers}
        self._read(readers.tiers(ways_in[1], queue, delays), topics.tiers)
        begin = self._tasks.begin
        begin(router.run(results), "router")
        begin(self.watchdog.run(), "watchdog")
        kafka = self.watchdog.pulse("Kafka")
        brokers = self.watchdog.pulse("brokers", mail_flows=True)
        begin(probe_brokers(self._kafka, topics.needed, kafka, brokers), "probe")
        begin(report_pool(self.pool.stats), "pool report")
        begin(watch_loop(self._loop_lag), "loop lag")
        if self._sharing is not None:
            begin(self._sharing.run(), "shared rates")
        if self._settings.email_templates is not None:
            begin(follow_templates(self.composer, self._lesser_pulse("templates")), "templates")
        if self._remembering is not None and self._remembering.watch is not None:
            begin(self._remembering.watch(), "shared store")

    def _lesser_pulse(self, name: str) -> Pulse:
        """Of what an operator has to mend while mail flows."""
        return self.watchdog.pulse(name, mail_flows=True, level=logging.ERROR)

    def _read(self, reader: Reader, topics: Sequence[str]) -> None:
        self.readers.append(reader)
        self._reading.append(asyncio.create_task(reader.run(topics), name=f"{reader.name} reader"))
