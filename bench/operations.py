"""What being watched costs: CPU for each message with metrics, health and HTTP, and without them.

The real service between Kafka and smtp-sink, results on, tracing off. Watched, it is scraped every
five seconds, as shipped, and asked for both healths as often. Pairs take turns, each with a topic
of its own; CPU is that which the system counts for the service's process, from when the first
results are there until the last ones are.
Run as `python -m bench.operations`, with `--json` for machines. It needs Apache Kafka by Maven, or
`TEST_KAFKA_BROKERS`, and Postfix's smtp-sink.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.arena import kafka
from bench.spread import print_spread
from tests.faults.load import fill
from tests.faults.usage import cpu_s
from tests.support import kafka_tools
from tests.support.service import Service
from tests.support.smtp_sink import SmtpSink
from tests.support.topics import Topics
from tests.support.waiting import run

PARTITIONS: Final = 4
EVERY_S: Final = 5.0
PATIENCE_S: Final = 120.0
# Until then it starts, connects and is compiled into caches.
WARM: Final = 0.2
SCRAPED: Final = ("/metrics", "/health/ready", "/health/live")
GOAL: Final = 1.10


class Unwatched(Service):
    """See bench/unwatched.py."""

    module = "bench.unwatched"


@dataclass(frozen=True, slots=True)
class Pair:
    """CPU milliseconds for each message."""

    watched: float
    unwatched: float

    @property
    def ratio(self) -> float:
        return self.watched / self.unwatched


class Watcher:
    """Asks the service as Prometheus and an orchestrator do; False for nobody."""

    def __init__(self, service: Service, *, watches: bool) -> None:
        self._url = service.url
        self._next = time.monotonic() if watches else float("inf")

    def look(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next += EVERY_S
        for path in SCRAPED:
            headers = {"accept": "application/openmetrics-text"}
            request = urllib.request.Request(self._url + path, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=5.0) as answer:
                    answer.read()
            except urllib.error.HTTPError as refused:
                refused.close()


def cpu_ms(folder: Path, brokers: str, relay: int, mails: int, *, watched: bool) -> float:
    """CPU milliseconds for a message in one run."""
    topics = Topics.unique()
    for topic in (topics.queue, topics.results):
        run(kafka_tools.create_topic(brokers, topic, PARTITIONS))
    run(fill(brokers, topics.queue, PARTITIONS, mails), PATIENCE_S)
    kind = Service if watched else Unwatched
    env = {"LOG_LEVEL": "warning", "EMAIL_SUPPRESSIONS_TOPIC": ""}
    service = kind.on(folder, brokers=brokers, topics=topics, smtp_port=relay, env=env)

    def done() -> int:
        return sum(run(kafka_tools.ends(brokers, topics.results)).values())

    with service:
        service.wait_for(lambda: done() >= mails * WARM, "it flows", PATIENCE_S)
        watcher = Watcher(service, watches=watched)
        began, used = done(), cpu_s(service.process.pid)

        def over() -> bool:
            watcher.look()
            time.sleep(0.1)
            return done() >= mails

        service.wait_for(over, "all are sent", PATIENCE_S)
        spent = cpu_s(service.process.pid) - used
        service.terminate()
        service.wait()
    run(kafka_tools.delete_topics(brokers, [topics.queue, topics.results]))
    return spent / (mails - began) * 1e3


def measure(mails: int, rounds: int) -> list[Pair]:
    """Interleaved."""
    pairs = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with kafka(folder / "kafka") as brokers, SmtpSink(folder / "sink", keep=False) as sink:
            for number in range(rounds):
                # Each goes first in every other round.
                order = (True, False) if number % 2 else (False, True)
                found = {
                    watched: cpu_ms(
                        folder / f"{number}-{watched}", brokers, sink.port, mails, watched=watched
                    )
                    for watched in order
                }
                pairs.append(Pair(found[True], found[False]))
    return pairs


def main() -> int:
    """0 when the median is within the goal, 1 when not, 3 without the servers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if why := SmtpSink.why_not():
        sys.stderr.write(f"smtp-sink: {why}\n")
        return 3
    pairs = measure(asked.mails, asked.rounds)
    if asked.json:
        print(json.dumps({"goal": GOAL, "pairs": [asdict(each) for each in pairs]}, indent=2))
    else:
        figures = {
            "watched, ms a message": [each.watched for each in pairs],
            "unwatched, ms a message": [each.unwatched for each in pairs],
            f"ratio (goal {GOAL:.2f})": [each.ratio for each in pairs],
        }
        print_spread(figures, digits=3)
    return int(median(each.ratio for each in pairs) > GOAL)


if __name__ == "__main__":
    sys.exit(main())
