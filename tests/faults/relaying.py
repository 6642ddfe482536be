"""Relays that limit themselves, go and come: how fast mail flows, and what it costs the messages."""

from __future__ import annotations

import re
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import orjson
from typing_extensions import override

from tests.faults.conduct import Conduct, Entry, Fate
from tests.faults.load import fill, ids
from tests.faults.relay import Relay
from tests.support import kafka_tools
from tests.support.service import Service
from tests.support.topics import Topics
from tests.support.waiting import run, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LOOK_S = 0.05
PARTITIONS = 4
PATIENCE_S = 60.0


class Bench:
    """A context manager: the real service before relays `a`, `b`, ..., its queue filled first."""

    def __init__(
        self,
        folder: Path,
        brokers: str,
        *,
        mails: int,
        relays: Mapping[str, str],
        env: Mapping[str, str] | None = None,
        domain: Callable[[str], str] | None = None,
    ) -> None:
        """`relays`: the parameters of each one's address, by name."""
        self.mails = mails
        self.topics = Topics.unique()
        self.relays = {}
        for name in relays:
            (folder / name).mkdir(parents=True)
            self.relays[name] = Relay(folder / name, 1)
        self.entries: dict[str, list[Entry]] = {name: [] for name in relays}
        self._brokers = brokers
        self._domain = domain
        self._stack = ExitStack()
        urls = [
            f"smtp://127.0.0.1:{self.relays[name].port}?name={name}&{parameters}"
            for name, parameters in relays.items()
        ]
        self.service = Service.on(
            folder,
            brokers=brokers,
            topics=self.topics,
            smtp_port=0,
            env={"SMTP_RELAYS": ",".join(urls), "LOG_LEVEL": "warning", **(env or {})},
        )
        for unused in ("SMTP_HOST", "SMTP_PORT"):
            del self.service.env[unused]

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for relay in self.relays.values():
                stack.enter_context(relay)
            run(kafka_tools.create_topic(self._brokers, self.topics.queue, PARTITIONS))
            domain = {} if self._domain is None else {"domain": self._domain}
            filling = fill(self._brokers, self.topics.queue, PARTITIONS, self.mails, **domain)
            run(filling, PATIENCE_S)
            stack.enter_context(self.service)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def look(self) -> None:
        for name, relay in self.relays.items():
            self.entries[name] += relay.news()

    def of(self, name: str, *fates: Fate) -> list[Entry]:
        return [each for each in self.entries[name] if each.fate in fates]

    @property
    def accepted(self) -> Counter[str]:
        """How often each mail was taken, by any relay."""
        return Counter(
            each.id
            for entries in self.entries.values()
            for each in entries
            if each.fate is Fate.ACCEPTED
        )

    def until(self, condition: Callable[[], object], what: str, within: float = PATIENCE_S) -> None:
        def met() -> object:
            self.look()
            time.sleep(LOOK_S)
            return condition()

        wait_until(met, what, within)

    def rest(self, seconds: float) -> None:
        """Let so much time go by, looking on."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            self.look()
            time.sleep(min(LOOK_S, left))

    def until_all_sent(self, within: float = PATIENCE_S) -> None:
        self.until(lambda: len(self.accepted) >= self.mails, "all are sent", within)

    def toll(self) -> Toll:
        """End the service, and read what became of the messages."""
        self.look()
        self.service.terminate()
        self.service.wait()
        results = run(kafka_tools.read_all(self._brokers, self.topics.results), PATIENCE_S)
        statuses: Counter[str] = Counter()
        attempts = 0
        for record in results:
            result = orjson.loads(record.value or b"")
            statuses[result["status"]] += 1
            attempts = max(attempts, result["attempt"])
        taken = self.accepted
        return Toll(
            mails=self.mails,
            lost=len(set(ids(self.mails)) - taken.keys()),
            twice=sum(times - 1 for times in taken.values()),
            dead=statuses["dead"],
            retries=statuses["retrying"],
            most_attempts=attempts,
        )


@dataclass(frozen=True, slots=True)
class Toll:
    """What a run has cost its messages; `retries` were counted, `most_attempts` on one message."""

    mails: int
    lost: int
    twice: int
    dead: int
    retries: int
    most_attempts: int

    @override
    def __str__(self) -> str:
        return (
            f"of {self.mails} mails lost {self.lost}, dead {self.dead}, twice {self.twice}; "
            f"retries {self.retries}, attempts at one mail {self.most_attempts} at most"
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """At a relay that limits itself, between two moments after its first mail."""

    rate: float
    refused: float
    seconds: list[int] = field(repr=False)

    @override
    def __str__(self) -> str:
        by_second = " ".join(map(str, self.seconds))
        return (
            f"{self.rate:.1f} accepted a second, {self.refused:.2%} of the attempts refused\n"
            f"accepted in each second from the first mail on: {by_second}"
        )


def limited(
    folder: Path, brokers: str, *, rate: float, burst: float, seconds: tuple[float, float]
) -> tuple[Flow, float]:
    """One relay takes `rate` a second, 10 workers; the flow within these seconds, and in all.

    The second value is the share of refusals from the first mail on.
    """
    start, end = seconds
    mails = round(rate * end * 1.5 + 200)
    with Bench(folder, brokers, mails=mails, relays={"a": ""}) as bench:
        bench.relays["a"].behave(Conduct(per_second=rate, burst=burst))
        answers = (Fate.ACCEPTED, Fate.LIMITED)
        bench.until(lambda: bench.of("a", *answers), "it begins")
        bench.rest(end)
        found = bench.of("a", *answers)
        began = found[0].at
        found = [each for each in found if each.at < began + end]
        flow = _flow(found, began, start, end)
        return flow, _share_limited(found)


def _flow(entries: list[Entry], began: float, start: float, end: float) -> Flow:
    by_second = Counter(
        int(each.at - began) for each in entries if each.fate is Fate.ACCEPTED
    )
    within = [each for each in entries if began + start <= each.at < began + end]
    accepted = sum(each.fate is Fate.ACCEPTED for each in within)
    return Flow(
        accepted / (end - start),
        _share_limited(within),
        [by_second[second] for second in range(int(end))],
    )


def _share_limited(entries: list[Entry]) -> float:
    return sum(each.fate is Fate.LIMITED for each in entries) / max(1, len(entries))
