"""Each fault that the delivery suite makes is told by health and by an alert, and then no more.

One service on three brokers and before two relays, one Prometheus with the rules as shipped that
looks every five seconds, and a little mail all the time.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import pytest
from aiokafka.errors import KafkaError

from tests.faults import topic_limit
from tests.faults.conduct import Conduct
from tests.faults.relay import Relay
from tests.support.backends import NotAvailable
from tests.support.backends.cluster import Cluster
from tests.support.kafka_tools import KafkaTools
from tests.support.mails import flat
from tests.support.prometheus import Prometheus
from tests.support.service import Service
from tests.support.topics import Topics
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.alone

RULES = Path(__file__).parents[2] / "deploy/prometheus/alerts.yml"
TOLD_S = 15.0
OVER_S = 45.0
MAILS_A_SECOND = 20
# So that a run ends soon, and no relay's rest uses them up.
RETRIES = "2s,4s,8s,16s,32s,64s,64s,64s"


class Traffic:
    """Mail all the time, as far as Kafka takes it."""

    def __init__(self, tools: KafkaTools, topic: str) -> None:
        self._tools = tools
        self._topic = topic
        self.written = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._flow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)

    def _flow(self) -> None:
        while not self._over.wait(1.0):
            mails = [flat(self.written + each) for each in range(MAILS_A_SECOND)]
            try:
                self._tools.produce(self._topic, mails)
            except (KafkaError, TimeoutError):
                continue  # it is Kafka's absence that is tried here
            self.written += MAILS_A_SECOND


class Stage:
    """All that takes part; a context manager."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self._folder = folder
        self.topics = Topics.unique()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.cluster = stack.enter_context(Cluster(self._folder / "kafka"))
            self.relays = []
            for name in "ab":
                (self._folder / name).mkdir()
                self.relays.append(stack.enter_context(Relay(self._folder / name, seed=3)))
            tools = KafkaTools(self.cluster.brokers)
            for topic in (self.topics.queue, self.topics.results):
                tools.create_topic(topic, 3, replication=3)
            first, second = (relay.port for relay in self.relays)
            self.service = Service.on(
                self._folder,
                brokers=self.cluster.brokers,
                topics=self.topics,
                smtp_port=0,
                env={
                    "SMTP_RELAYS": f"smtp://127.0.0.1:{first}?name=a,"
                    f"smtp://127.0.0.1:{second}?name=b",
                    "SMTP_BREAKER": "failures=3,reset=1s",
                    "RETRY_DELAYS": RETRIES,
                },
            )
            for unused in ("SMTP_HOST", "SMTP_PORT"):
                del self.service.env[unused]
            stack.enter_context(self.service).wait_ready(60)
            self.traffic = stack.enter_context(Traffic(tools, self.topics.queue))
            self.prometheus = stack.enter_context(
                Prometheus(self._folder / "prometheus", self.service.ops_port, RULES, every_s=5)
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def wait_until_well(self) -> None:
        """Until mail flows as if nothing had been.

        Brokers that are back may refuse records for long, and then change the group once more.
        """
        self.cluster.wait_in_sync()
        before = self.traffic.written
        wait_until(lambda: self.traffic.written > before, "mail comes", OVER_S)
        wait_until(lambda: not self.issues(), "health has nothing to tell", OVER_S)

    def issues(self) -> set[str]:
        """Their codes; "no answer" where the service gives none."""
        try:
            return set(self.service.issues())
        except OSError:
            return {"no answer"}


class Fault(NamedTuple):
    """What happens, which issue and which alert tell it, and what ends it.

    `lasting`: the alert looks back for many minutes; that it ends is left to promtool.
    """

    begin: Callable[[Stage], object]
    end: Callable[[Stage], object]
    issue: str
    alert: str
    lasting: bool = False


def behave(conduct: Conduct) -> Callable[[Stage], None]:
    def do(stage: Stage) -> None:
        for relay in stage.relays:
            relay.behave(conduct)

    return do


def all_go(relays: list[Relay]) -> None:
    for relay in relays:
        relay.go()


def all_come(relays: list[Relay]) -> None:
    for relay in relays:
        relay.come()


def limit(most_bytes: int) -> Callable[[Stage], object]:
    return lambda stage: topic_limit.change(stage.cluster.brokers, stage.topics.results, most_bytes)


# No two that follow each other raise the same alert: the end of one is looked for amid the next.
FAULTS = {
    "one of two relays is away": Fault(
        lambda stage: stage.relays[0].go(),
        lambda stage: stage.relays[0].come(),
        "relay_away",
        "MailerRelayAway",
    ),
    "the relays drop connections": Fault(
        behave(Conduct(drop=1.0)), behave(Conduct()), "many_retries", "MailerManyRetries"
    ),
    "all relays are away": Fault(
        lambda stage: all_go(stage.relays),
        lambda stage: all_come(stage.relays),
        "relays_away",
        "MailerAllRelaysAway",
    ),
    "the relays cut some connections": Fault(
        behave(Conduct(drop=0.1, cut=0.3)), behave(Conduct()), "many_retries", "MailerManyRetries"
    ),
    "one broker is killed": Fault(
        lambda stage: stage.cluster.nodes[0].kill(),
        lambda stage: stage.cluster.nodes[0].start(),
        "kafka_degraded",
        "MailerKafkaDegraded",
    ),
    "all brokers freeze": Fault(
        lambda stage: stage.cluster.freeze(),
        lambda stage: stage.cluster.thaw(),
        "kafka_away",
        "MailerKafkaTrouble",
    ),
    "the relays refuse mail": Fault(
        behave(Conduct(refuse=0.8)), behave(Conduct()), "many_dead", "MailerManyDead"
    ),
    "the service freezes": Fault(
        lambda stage: stage.service.process.send(signal.SIGSTOP),
        lambda stage: stage.service.process.send(signal.SIGCONT),
        "no answer",
        "MailerDown",
    ),
    "all brokers are killed": Fault(
        lambda stage: stage.cluster.kill(),
        lambda stage: stage.cluster.start(),
        "kafka_away",
        "MailerKafkaTrouble",
    ),
    "results are refused": Fault(
        limit(10), limit(1_000_000), "results_refused", "MailerResultsRefused", lasting=True
    ),
    "the service is killed": Fault(
        lambda stage: stage.service.kill(),
        lambda stage: stage.service.start(),
        "no answer",
        "MailerDown",
    ),
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    if why := Prometheus.why_not():
        pytest.skip(f"no prometheus: {why}")
    try:
        with Stage(tmp_path) as stage:
            wait_until(lambda: stage.prometheus.query('up{job="mailer"} == 1'), "it is scraped", 20)
            wait_until(lambda: not stage.prometheus.alerts(), "all is quiet", 30)
            yield stage
    except NotAvailable as why:
        pytest.skip(f"no brokers of its own: {why}")


@pytest.mark.timeout(400)
def test_health_and_an_alert_tell_of_each_fault_and_of_its_end(stage: Stage) -> None:
    over: set[str] = set()
    for name, fault in FAULTS.items():
        stage.wait_until_well()
        told = _told(stage, name, fault)
        ended = time.monotonic()
        wait_until(lambda: not stage.issues(), f"health has nothing to tell after: {name}", OVER_S)
        _no_more(stage, over)
        over = set() if fault.lasting else {fault.alert}
        sys.stdout.write(f"{told}; well {time.monotonic() - ended:.1f} s after its end\n")
    _no_more(stage, over)


def _told(stage: Stage, name: str, fault: Fault) -> str:
    """Have the fault, and end it once both have told it."""
    began = time.monotonic()
    fault.begin(stage)
    try:
        wait_until(lambda: fault.issue in stage.issues(), f"health tells: {name}", TOLD_S)
        health_s = time.monotonic() - began
        wait_until(
            lambda: fault.alert in stage.prometheus.alerts(),
            f"{fault.alert} tells: {name}",
            TOLD_S - health_s,
        )
        alert_s = time.monotonic() - began
    finally:
        fault.end(stage)
    return f"{name}: health after {health_s:.1f} s, {fault.alert} after {alert_s:.1f} s"


def _no_more(stage: Stage, over: set[str]) -> None:
    wait_until(lambda: not over & stage.prometheus.alerts(), f"the end of {over}", OVER_S)
