"""The service in its container: between a Kafka and a mailbox, as an orchestrator treats it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.backends.docker import INSIDE
from tests.support.containers import ASKED_EVERY_S, Container, docker
from tests.support.kafka_tools import Produced
from tests.support.mails import flat
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.containers import Mailbox
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics

    Make = Callable[..., Container]

# The first waits for the image and for Kafka. One worker's, so that one Kafka is enough.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("containers: service")]

# As docker-compose.yml and the Kubernetes manifests run it.
CONFINED = (
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=128m",
    "--memory-swap=128m",
)
PARTITIONS = 6
# So many, at such a rate, that there is a middle to stop in on any machine.
MANY = 1000
SLOW = {"SMTP_RATE": "300/s"}


@pytest.fixture
def queue(kafka_tools: KafkaTools, topics: Topics) -> str:
    kafka_tools.create_topic(topics.queue, PARTITIONS)
    return topics.queue


@pytest.fixture
def service(image: str, test_network: str, topics: Topics, queue: str, mailbox: Mailbox) -> Make:
    """One container of the service by environment alone, confined; not started yet."""
    del image, queue, mailbox
    env = {
        "KAFKA_BROKERS": INSIDE,
        "SMTP_HOST": "mailbox",
        "SMTP_PORT": "1025",
        "SMTP_SECURITY": "none",
        "EMAIL_FROM": "Shop <shop@example.com>",
        **topics.env(),
    }

    def make(*options: str, **more: str) -> Container:
        given = [f"--env={name}={value}" for name, value in (env | more).items()]
        return Container([f"--network={test_network}", *CONFINED, *given, *options])

    return make


def _mails(count: int, **fields: Any) -> list[Produced]:
    return [
        Produced(flat(number, to="ann@example.com", **fields), key=str(number).encode())
        for number in range(count)
    ]


def _subjects(count: int) -> list[str]:
    return sorted(f"Message {number}" for number in range(count))


def test_starts_by_environment_alone_confined_and_sends(
    service: Make, mailbox: Mailbox, kafka_tools: KafkaTools, queue: str, record_property: Any
) -> None:
    with service() as running:
        began = time.monotonic()
        running.wait_for_health("healthy")
        record_property("healthy after s", round(time.monotonic() - began, 2))
        kafka_tools.produce(queue, _mails(1, html="<p>Hello <b>Ann</b></p>"))
        running.wait_for_mails(mailbox.messages, 1)
        got = mailbox.messages.find("Message 0")
        assert got["Text"].strip() == "This is message 0."
        assert got["HTML"].strip() == "<p>Hello <b>Ann</b></p>"
        assert [one["Address"] for one in got["To"]] == ["ann@example.com"]
        assert docker("diff", running.id) == ""
        assert running.exec("id", "-u") == "10001"
        assert "status" in running.exec("kafka-mailer", "health", "--json")
        assert running.stop() == 0


def test_stop_lets_what_runs_end_and_nothing_is_sent_twice(
    service: Make, mailbox: Mailbox, kafka_tools: KafkaTools, queue: str
) -> None:
    with service(**SLOW) as running:
        kafka_tools.produce(queue, _mails(MANY))
        running.wait_for_mails(mailbox.messages, 100)
        assert running.stop() == 0
        assert mailbox.messages.count() < MANY, "it was stopped in the middle"
        running.start()
        running.wait_for_mails(mailbox.messages, MANY)
        assert running.stop() == 0
    assert sorted(mailbox.messages.subjects()) == _subjects(MANY)


def test_kill_loses_nothing(
    service: Make, mailbox: Mailbox, kafka_tools: KafkaTools, queue: str
) -> None:
    with service(**SLOW) as running:
        kafka_tools.produce(queue, _mails(MANY))
        running.wait_for_mails(mailbox.messages, 100)
        running.signal("KILL")
        assert running.wait() == 137
        assert mailbox.messages.count() < MANY, "it was killed in the middle"
        running.start()
        wait_until(
            lambda: sorted(set(mailbox.messages.subjects())) == _subjects(MANY),
            "all arrive",
            90.0,
            every=ASKED_EVERY_S,
        )
        assert running.stop() == 0


def test_large_mails_fit_into_128_mib(
    service: Make, mailbox: Mailbox, kafka_tools: KafkaTools, queue: str
) -> None:
    with service() as running:
        kafka_tools.produce(queue, _mails(60, html="<p>Hello</p>" * 20_000))
        running.wait_for_mails(mailbox.messages, 60)
        assert not running.state["OOMKilled"]
        assert running.stop() == 0


def test_is_unhealthy_while_it_does_not_answer_and_healthy_again(service: Make) -> None:
    with service("--health-retries=1", "--health-timeout=2s") as running:
        running.wait_for_health("healthy")
        running.signal("STOP")
        running.wait_for_health("unhealthy", 60.0)
        running.signal("CONT")
        running.wait_for_health("healthy")


def test_is_alive_but_not_ready_while_its_relay_is_away(
    service: Make, kafka_tools: KafkaTools, queue: str
) -> None:
    refused = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1"}
    with service(**refused, SMTP_BREAKER="failures=1,reset=60s") as running:
        kafka_tools.produce(queue, _mails(1))
        running.wait_for_health("healthy")
        ask = ("sh", "-c", "kafka-mailer health --ready; echo ended with $?")
        said = wait_until(
            lambda: said if "is left alone" in (said := running.exec(*ask)) else "",
            "it tells of its relay",
            60.0,
            every=ASKED_EVERY_S,
        )
        assert said.endswith("ended with 1"), said
        assert running.exec("kafka-mailer", "health", "--live").startswith("live")
        assert running.health == "healthy"


def test_templates_may_be_in_a_folder_that_it_cannot_write(
    service: Make, mailbox: Mailbox, kafka_tools: KafkaTools, queue: str, tmp_path: Path
) -> None:
    (tmp_path / "greeting.subject.j2").write_text("Hello {{ name }}")
    (tmp_path / "greeting.txt.j2").write_text("Dear {{ name }}")
    tmp_path.chmod(0o755)
    with service(f"--volume={tmp_path}:/templates:ro", EMAIL_TEMPLATES="/templates") as running:
        mail = flat(1, template="greeting", data={"name": "Ann"})
        kafka_tools.produce(queue, [Produced({**mail, "subject": "", "text": ""})])
        running.wait_for_mails(mailbox.messages, 1)
    assert mailbox.messages.find("Hello Ann")["Text"].strip() == "Dear Ann"
