"""One run: a queue full of mails, members that send them, a relay, and faults in between."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from tests.faults.load import fill, ids
from tests.faults.members import READY_S, Member, Members
from tests.faults.relay import Relay
from tests.faults.verdict import Evidence, Harm, suspected
from tests.faults.watch import Watch
from tests.support import kafka_tools
from tests.support.backends.cluster import NODES
from tests.support.topics import Topics
from tests.support.waiting import run, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.faults.commits import Commits
    from tests.faults.conduct import Conduct
    from tests.support.backends.cluster import Cluster

LOOK_S = 0.02
PATIENCE_S = 120.0  # without any news
FILL_S = 120.0


class Brokers(Protocol):
    """Kafka as a run needs it where it harms Kafka itself."""

    def kill(self) -> None: ...

    def start(self) -> None:
        """Return when it accepts clients again."""
        ...

    def freeze(self) -> None:
        """Connections stay, and nothing is answered."""
        ...

    def thaw(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run takes place in.

    `kafka` is None where it is not ours to harm, `cluster` where it is not one of three nodes.
    """

    folder: Path
    brokers: str
    kafka: Brokers | None = None
    say: Callable[[str], None] = lambda _line: None
    cluster: Cluster | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is; `hold_s`: how long a fault lasts that lasts."""

    mails: int = 2000
    strikes: int = 3
    members: int = 1
    partitions: int = 8
    workers: int = 10
    hold_s: float = 5.0


class World:
    """A context manager; entered, the queue is full and the members are at work."""

    def __init__(
        self,
        setting: Setting,
        size: Size,
        seed: int,
        *,
        env: Mapping[str, str],
        conduct: Conduct,
        static: bool = False,
    ) -> None:
        self.setting = setting
        self.size = size
        self.topics = Topics.unique()
        self.harms: list[Harm] = []
        self.broken: list[str] = []
        self._conduct = conduct
        self._stack = ExitStack()
        self.relay = Relay(setting.folder, seed)
        self.members = Members(
            setting.folder,
            brokers=setting.brokers,
            topics=self.topics,
            smtp_port=self.relay.port,
            env={"EMAIL_WORKER_COUNT": str(size.workers), **env},
            static=static,
        )
        self.watch = Watch(setting.brokers, self.topics, self.relay)

    def __enter__(self) -> Self:
        size, brokers, topics = self.size, self.setting.brokers, self.topics
        with ExitStack() as stack:
            stack.enter_context(self.relay)
            self.relay.behave(self._conduct)
            replication = 1 if self.setting.cluster is None else NODES
            for topic in (topics.queue, topics.results):
                made = kafka_tools.create_topic(
                    brokers, topic, size.partitions, replication=replication
                )
                run(made)
            run(fill(brokers, topics.queue, size.partitions, size.mails), FILL_S)
            stack.enter_context(self.watch)
            stack.callback(self.members.kill)
            for _ in range(size.members):
                self.members.add()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def rest(self, seconds: float) -> None:
        """Let so much time go by, looking on."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            self.watch.look()
            time.sleep(min(LOOK_S, left))

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Look on until it is true; AssertionError when nothing has happened for long."""
        last, seen = time.monotonic(), self._news()
        while not condition():
            self.rest(LOOK_S)
            if (news := self._news()) != seen:
                last, seen = time.monotonic(), news
            if time.monotonic() - last > PATIENCE_S:
                raise AssertionError(f"nothing happened for {PATIENCE_S:g} s; waiting: {what}")

    def until_taken(self, mails: int) -> None:
        self.until(lambda: self.watch.taken >= mails, f"{mails} mails are at the relay")

    def until_at_work(self, member: Member) -> None:
        """Until its present life has sent something, or nothing is left to send."""
        self.until(
            lambda: self.watch.lives[member.life] > 0 or self.watch.taken >= self.size.mails,
            f"{member.life} sends",
        )

    def until_ready(self, member: Member) -> None:
        def ready() -> bool:
            self.watch.look()
            return member.service.health() == 200

        wait_until(ready, f"{member.life} is ready", READY_S)

    def until_settled(self) -> None:
        """Until the commits say that nothing is left."""
        self.until(self.watch.settled, "all is settled")

    def harm(self, what: str, member: Member, strike: Callable[[], None]) -> None:
        """Do that to a member, and note what it may bring twice."""
        strike()
        after = time.monotonic()
        self.blame(what, member, after, self.watch.commits(last=True))

    def blame(self, what: str, member: Member, after: float, commits: Commits) -> None:
        """Note what may come twice for what befell a member, of all that it had sent by `after`.

        That is what these last commits before its standstill, or end, do not settle.
        """
        left = self.watch.unsettled(commits)
        self.watch.catch_up()
        life = member.life
        suspects = suspected(self.watch.record, life, after, left)
        self.harms.append(Harm(what, after, life, self.size.workers, suspects))
        self.setting.say(
            f"{what} {life} at {after:.2f}, after {self.watch.taken} mails, "
            f"{len(suspects)} of them suspect"
        )

    def evidence(self, trouble: str) -> Evidence:
        """At the end, when every member has ended."""
        self.watch.catch_up()
        return Evidence(
            produced=ids(self.size.mails),
            record=self.watch.record,
            results=self.watch.results,
            dead_letters=self.watch.dead_letters(),
            harms=self.harms,
            codes=[code for member in self.members.ever for code in member.codes],
            trouble=trouble,
            broken=self.broken,
        )

    def _news(self) -> tuple[int, int]:
        return len(self.watch.record), sum(map(len, self.watch.results.values()))
