"""The demo from its first word to its last."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from app.cli.demo.journey import Journeys
from app.cli.demo.scenario import scenario
from app.cli.demo.stage import DemoFailed, last_words, open_stage
from app.cli.signals import first_signal_cancels
from app.domain.record import Origin, Outgoing
from app.kafka import KafkaConfig, Producer, PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.cli.demo.ports import Ports
    from app.cli.demo.screen import Screen
    from app.cli.demo.stage import Stage
    from app.embedded.mail import ReceivedMail

TOPIC = "email-queue"
ENOUGH_S = 20.0
TICK_S = 0.1
PROGRAM = "kafka-mailer"


class Ending(Enum):
    AS_EXPECTED = auto()
    OTHERWISE = auto()
    INTERRUPTED = auto()


async def run_show(ports: Ports, screen: Screen, *, stay: bool) -> Ending:
    """Play it; whichever way it ends, all servers are gone afterwards.

    With `stay` it goes on after the last mail until a signal. A signal before that interrupts.
    Raises DemoFailed or EmbeddedError when a server cannot run.
    """
    show = _Show(ports, screen, stay=stay)
    playing = asyncio.create_task(show.play(), name="demo")
    with first_signal_cancels(playing):
        await asyncio.wait([playing])
    return show.ending if playing.cancelled() else playing.result()


class _Show:
    def __init__(self, ports: Ports, screen: Screen, *, stay: bool) -> None:
        self._ports = ports
        self._screen = screen
        self._stay = stay
        self._journeys = Journeys()
        self.ending = Ending.INTERRUPTED

    async def play(self) -> Ending:
        self._screen.say(
            "Starting a broker, a mailbox and the service; nothing leaves this machine."
        )
        async with open_stage(self._ports, self._heed) as stage:
            try:
                self._introduce(stage)
                await self._send(stage.brokers)
                await self._watch(stage)
                self._judge(stage)
                while self._stay:
                    await self._breathe(stage)
            finally:
                self._screen.end()
                self._screen.say("Stopping.")
        return self.ending

    def _introduce(self, stage: Stage) -> None:
        places = [("Mailbox", stage.page_url), ("Health", stage.health_url)]
        places.append(("Kafka", f"{stage.brokers}, topic {TOPIC}"))
        if self._stay:
            own = f"{own_command()} send --kafka-brokers {stage.brokers}"
            own += ' --to you@example.com --subject Hello --text "It works"'
            places += [("Your own", own), ("End", "Ctrl-C")]

        def find_mail(message_id: str | None) -> ReceivedMail | None:
            found = (one for one in stage.mailbox.mails if one.message_id == message_id)
            return next(found, None) if message_id else None

        self._screen.begin(places, self._journeys, find_mail)

    async def _send(self, brokers: str) -> None:
        scenes = scenario(datetime.now(UTC))
        records = [
            Outgoing(TOPIC, lane, key=None, value=orjson.dumps(scene.value))
            for lane, scene in enumerate(scenes)
        ]
        async with Producer(KafkaConfig((brokers,), client_id="kafka-mailer-demo")) as producer:
            answers = await producer.publish(records)
        for scene, answer in zip(scenes, answers, strict=True):
            if isinstance(answer, PublishError):
                raise DemoFailed(str(answer))
            journey = self._journeys.add(str(Origin(*answer)), scene)
            self._screen.changed(journey)

    def _heed(self, event: Mapping[str, Any]) -> None:
        if journey := self._journeys.heed(event):
            self._screen.changed(journey)

    async def _watch(self, stage: Stage) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENOUGH_S):
                while not self._journeys.all_ended:
                    await self._breathe(stage)

    async def _breathe(self, stage: Stage) -> None:
        if stage.service.returncode is not None:
            raise DemoFailed(
                f"the service ended with {stage.service.returncode}:\n{last_words(stage.service)}"
            )
        await asyncio.sleep(TICK_S)
        self._screen.tick()

    def _judge(self, stage: Stage) -> None:
        missing = self._journeys.missing(mail.message_id for mail in stage.mailbox.mails)
        for line in missing:
            self._screen.say(f"Not as expected: {line}")
        self.ending = Ending.OTHERWISE if missing else Ending.AS_EXPECTED


def own_command() -> str:
    """How this very program is called from the user's shell."""
    here = Path(sys.executable).with_name(PROGRAM)
    if not here.exists():
        return f"{sys.executable} -m app"
    on_path = shutil.which(PROGRAM)
    if on_path and Path(on_path).samefile(here):
        return PROGRAM
    return os.path.relpath(here) if here.is_relative_to(Path.cwd()) else str(here)
