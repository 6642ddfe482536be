"""The servers of the demo: broker, mailbox with its page, and the service as it is."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

import app
from app.cli.answers import is_ready
from app.cli.demo.scenario import GREYLISTED, RETRY_DELAYS, SENDER, UNKNOWN
from app.domain.errors import MailerError
from app.embedded.broker import EmbeddedBroker
from app.embedded.child import Child
from app.embedded.mailbox import Mailbox, MailboxRules
from app.embedded.mailbox_page import mailbox_page
from app.embedded.web import WebServer
from app.settings import options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from app.cli.demo.ports import Ports

HOST = "127.0.0.1"
READY_TIMEOUT_S = 20.0
SHUTDOWN_S = 5
NOTE = "These mails are kept in memory only and are gone when the demo ends."


class DemoFailed(MailerError):
    """The demo cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs. `service` is ended by the stage, never by who uses it."""

    brokers: str
    mailbox: Mailbox
    page_url: str
    health_url: str
    service: Child


@asynccontextmanager
async def open_stage(
    ports: Ports, on_event: Callable[[Mapping[str, Any]], None]
) -> AsyncIterator[Stage]:
    """Start all, in order, until the service is ready; afterwards nothing is left of it.

    `on_event` gets every line of the service's log. Raises DemoFailed or EmbeddedError.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kafka-mailer-demo-")))
        rules = MailboxRules(greylisted=frozenset({GREYLISTED}), unknown=frozenset({UNKNOWN}))
        mailbox = await stack.enter_async_context(Mailbox(ports.smtp, rules))
        page = await stack.enter_async_context(WebServer(mailbox_page(mailbox, NOTE), ports.page))
        broker = await stack.enter_async_context(EmbeddedBroker(ports.kafka, folder / "broker"))
        work = folder / "service"
        work.mkdir()
        service = Child(
            "service",
            [sys.executable, "-m", "app", "run"],
            env=service_environment(ports, broker.brokers),
            cwd=work,  # where no .env lies
            on_line=lambda line: _pass_on(line, on_event),
        )
        stack.push_async_callback(service.stop, within=SHUTDOWN_S + 2.0)
        await service.start()
        await _until_ready(service, ports.health)
        yield Stage(
            brokers=broker.brokers,
            mailbox=mailbox,
            page_url=page.url,
            health_url=f"http://{HOST}:{ports.health}/health/ready",
            service=service,
        )


def service_environment(ports: Ports, brokers: str) -> dict[str, str]:
    """The environment of this process without settings of the service, and the demo's own."""
    foreign = {name for option in options() for name in (option.variable, option.file_variable)}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in foreign}
    packages = [str(Path(app.__file__).parents[1]), kept.get("PYTHONPATH", "")]
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, packages)),
        "PYTHONUNBUFFERED": "1",
        "KAFKA_BROKERS": brokers,
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(ports.smtp),
        "EMAIL_FROM": SENDER,
        "RETRY_DELAYS": RETRY_DELAYS,
        "SHUTDOWN_TIMEOUT": f"{SHUTDOWN_S}s",
        "OPS_HOST": HOST,
        "OPS_PORT": str(ports.health),
        "LOG_FORMAT": "json",
        "LOG_ADDRESSES": "full",
    }


def last_words(service: Child) -> str:
    """The ends of the log as text."""
    told = []
    for line in service.said.splitlines()[-10:]:
        event = _event(line)
        words = (event.get("event"), event.get("exception")) if event else (line,)
        told.append(" ".join(str(word) for word in words if word))
    return "\n".join(told)


def _event(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) else None


def _pass_on(line: str, on_event: Callable[[Mapping[str, Any]], None]) -> None:
    if event := _event(line):
        on_event(event)


async def _until_ready(service: Child, port: int) -> None:
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            while not await is_ready(port):
                if service.returncode is not None:
                    raise DemoFailed(
                        f"the service ended with {service.returncode}:\n{last_words(service)}"
                    )
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise DemoFailed(
            f"the service was not ready after {READY_TIMEOUT_S:g} s:\n{last_words(service)}"
        ) from None
