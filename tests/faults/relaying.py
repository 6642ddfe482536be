"""The real service before several relays, and what a run has cost its messages."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import orjson
from typing_extensions import override

from tests.faults.conduct import Fate
from tests.faults.load import fill, ids
from tests.faults.relay import Relay
from tests.support import kafka_tools
from tests.support.service import Service
from tests.support.topics import Topics
from tests.support.waiting import run, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.faults.conduct import Entry
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

    def until_all_sent(self, within: float = 2 * PATIENCE_S) -> None:
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

    @property
    def harmed(self) -> bool:
        """Whether any was lost, dead or sent twice."""
        return bool(self.lost or self.dead or self.twice)

    @override
    def __str__(self) -> str:
        return (
            f"of {self.mails} mails lost {self.lost}, dead {self.dead}, twice {self.twice}; "
            f"retries {self.retries}, attempts at one mail {self.most_attempts} at most"
        )
