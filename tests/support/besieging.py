"""How much a service sends with and without a siege of its ops port, in turns."""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.faults.load import fill
from tests.support import kafka_tools
from tests.support.service import REPOSITORY, Service
from tests.support.topics import Topics
from tests.support.waiting import run

if TYPE_CHECKING:
    from pathlib import Path

PARTITIONS: Final = 4
PATIENCE_S: Final = 120.0
ANSWER_S: Final = 5.0
SLOW: Final = 100


@dataclass(frozen=True, slots=True)
class Turn:
    """Mails a second without and with a siege.

    `answered_s`: how long the slowest answer took, at most `ANSWER_S`.
    """

    free: float
    besieged: float
    answered_s: float

    @property
    def ratio(self) -> float:
        return self.besieged / self.free


class _Meter:
    """Of the mails that have a result; beside that, the service is asked whether it lives."""

    def __init__(self, service: Service, brokers: str, results: str) -> None:
        self._url = f"{service.url}/health/live"
        self._brokers = brokers
        self._results = results
        self.slowest_s = 0.0

    def sent(self) -> int:
        return sum(run(kafka_tools.ends(self._brokers, self._results)).values())

    def rate(self, seconds: float) -> float:
        """Mails a second for so long."""
        began, before = time.monotonic(), self.sent()
        while time.monotonic() - began < seconds:
            self._ask()
            time.sleep(0.5)
        after = self.sent()
        return (after - before) / (time.monotonic() - began)

    def _ask(self) -> None:
        began = time.monotonic()
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            urllib.request.urlopen(self._url, timeout=ANSWER_S) as answer,
        ):
            answer.read()
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)


def besieged(
    folder: Path, brokers: str, relay: int, *, mails: int, idle: int, turns: int, seconds: float
) -> list[Turn]:
    """Each turn begins with so many `mails`; AssertionError when they do not last for it."""
    topics = Topics.unique()
    for topic in (topics.queue, topics.results):
        run(kafka_tools.create_topic(brokers, topic, PARTITIONS))
    run(fill(brokers, topics.queue, PARTITIONS, mails), PATIENCE_S)
    written = mails
    service = Service.on(
        folder,
        brokers=brokers,
        topics=topics,
        smtp_port=relay,
        env={"LOG_LEVEL": "warning", "EMAIL_SUPPRESSIONS_TOPIC": ""},
    )
    found = []
    with service:
        service.wait_ready(60)
        meter = _Meter(service, brokers, topics.results)
        service.wait_for(lambda: meter.sent() > mails // 20, "it flows", PATIENCE_S)
        for number in range(turns):
            missing = meter.sent() + mails - written
            run(fill(brokers, topics.queue, PARTITIONS, missing), PATIENCE_S)
            written += missing
            meter.slowest_s = 0.0
            before = 0.0 if number % 2 else meter.rate(seconds)
            with _siege(service.ops_port, idle):
                during = meter.rate(seconds)
            found.append(Turn(before or meter.rate(seconds), during, meter.slowest_s))
            assert meter.sent() < written, "there were too few mails to tell"
    run(kafka_tools.delete_topics(brokers, [topics.queue, topics.results]))
    return found


class _siege:  # noqa: N801 - reads as what it is
    def __init__(self, port: int, idle: int) -> None:
        self._command = [sys.executable, "-m", "tests.support.siege", *map(str, (port, idle, SLOW))]

    def __enter__(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"besieged\n", "the siege did not begin"

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)
