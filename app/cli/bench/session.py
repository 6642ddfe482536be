"""Everything that a run needs, set up and taken away again."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import uvloop

from app.cli.bench.environment import SinkAt, service_environment
from app.cli.bench.evaluation import evaluate
from app.cli.bench.mails import OWN, Mails
from app.cli.bench.progress import Steps
from app.cli.bench.run import Run
from app.cli.bench.scratch import Scratch, made
from app.cli.bench.service import MeasuredService
from app.cli.demo.ports import Ports
from app.cli.json_lines import Draft
from app.cli.posting import check_draft
from app.cli.reaching import reached
from app.cli.signals import first_signal_cancels
from app.domain.errors import InvalidMessage, ServerUnreachable
from app.embedded.broker import EmbeddedBroker
from app.embedded.certificate import loopback_context
from app.embedded.sink import Manners, Sink
from app.kafka import Producer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.cli.bench.figures import Figures
    from app.cli.bench.order import Order
    from app.kafka import KafkaConfig
    from app.settings import Loaded, Settings

# The brokers may hold the first member of a group back for some seconds.
_READY_S: Final = 60.0
_OWN_BROKER: Final = "the embedded broker"
_OWN_SINK: Final = "a sink of its own"


def run_bench(loaded: Loaded, order: Order) -> Figures | None:
    """Measure, and leave nothing behind; None when a signal cut it short.

    Raises `ServerUnreachable`, `Fatal`, `BenchFailed` and `EmbeddedError`.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_until_signalled(loaded, order))


async def _until_signalled(loaded: Loaded, order: Order) -> Figures | None:
    running = asyncio.create_task(_run(loaded, order), name="bench")
    with first_signal_cancels(running):
        await asyncio.wait([running])
    return None if running.cancelled() else running.result()


async def _run(loaded: Loaded, order: Order) -> Figures:
    settings = loaded.settings
    async with AsyncExitStack() as stack:
        steps = stack.enter_context(Steps())
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="kafka-mailer-bench-"))
        )
        brokers = None
        if order.embedded:
            steps.step("starting the embedded broker")
            port = Ports.choose().kafka
            broker = await stack.enter_async_context(EmbeddedBroker(port, folder / "broker"))
            brokers, settings = broker.brokers, _at(settings, broker.brokers)
        steps.step("looking for Kafka")
        config = await stack.enter_async_context(_reached(settings))
        scratch = Scratch.new(
            results=settings.email_results_topic is not None,
            suppressions=settings.email_suppressions_topic is not None,
        )
        kafka = _OWN_BROKER if order.embedded else ", ".join(settings.kafka_brokers)
        relay = relay_name(settings) if order.to_relay else _OWN_SINK
        steps.say(f"Topic {scratch.queue} at {kafka}, mail to {relay}")
        sizes = await stack.enter_async_context(
            made(config, scratch, settings.kafka_topic, order.partitions)
        )
        sink, trusted = None, None
        if not order.to_relay:
            manners = Manners(delay_s=order.relay_delay_s)
            if order.relay_tls:
                manners.upgrade, trusted = loopback_context(folder)
            sink = await stack.enter_async_context(Sink(manners))
        steps.step("starting the service")
        ops_port = Ports.choose().health
        env = service_environment(
            loaded,
            order,
            scratch,
            brokers=brokers,
            sink=SinkAt(sink.port, trusted) if sink else None,
            ops_port=ops_port,
        )
        producer = await stack.enter_async_context(Producer(config))
        service = await stack.enter_async_context(
            MeasuredService(env, ops_port, folder / "service.log")
        )
        await service.ready(_READY_S)
        mails = Mails(scratch.queue, sizes.partitions, order.document or OWN, order.recipients)
        workers = settings.worker_bounds[1]
        measured = await Run(
            order, service, producer, mails, workers=workers, steps=steps
        ).measure()
        steps.step("removing its topics")
        return evaluate(settings, order, measured, sizes.own, kafka=kafka, relay=relay)
    raise AssertionError("unreachable")


@asynccontextmanager
async def _reached(settings: Settings) -> AsyncIterator[KafkaConfig]:
    found = False
    try:
        async with reached(settings) as config:
            found = True
            yield config
    except ServerUnreachable as error:
        if found:
            raise
        raise ServerUnreachable(f"{error}; --embedded takes a broker of its own") from None


def check_document(settings: Settings, order: Order) -> None:
    """`UsageError` where the service would refuse it."""
    mails = Mails(settings.kafka_topic, 1, order.document or OWN, order.recipients)
    value = mails.next()[1].value or b""
    try:
        check_draft(Draft(0, value), settings)
    except InvalidMessage as error:
        raise click.UsageError(f"--message: {error}") from None


def relay_name(settings: Settings) -> str:
    """Those that mail would go to."""
    if settings.smtp_relays is None:
        return f"{settings.smtp_host}:{settings.smtp_port}"
    return ", ".join(f"{each.host}:{each.port}" for each in settings.smtp_relays)


def _at(settings: Settings, brokers: str) -> Settings:
    return settings.model_copy(
        update={"kafka_brokers": (brokers,), "kafka_security_protocol": "PLAINTEXT"}
    )
