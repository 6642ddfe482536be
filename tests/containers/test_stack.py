"""docker-compose.yml as it stands: `make up`, a mail, three instances, `make down`."""

from __future__ import annotations

import json
import re
import shlex
import urllib.request
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.containers import Messages, command, docker, logs
from tests.support.kafka_tools import KafkaTools, Produced
from tests.support.mails import flat
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first waits for the image and for all to be healthy.
pytestmark = pytest.mark.timeout(300)

PROJECT: Final = "kafka-mailer-test"
ENV: Final = {"COMPOSE_PROJECT_NAME": PROJECT}
INSTANCES: Final = 3
MAILS: Final = 3000


def _compose(*arguments: str) -> str:
    return docker("compose", "--profile", "monitoring", *arguments, env=ENV)


def _make(*arguments: str) -> str:
    return command("make", "--no-print-directory", *arguments, env=ENV)


def _services() -> list[str]:
    return sorted(_compose("ps", "--format", "{{.Service}}").split())


@pytest.fixture(scope="module")
def said(image: str) -> Iterator[str]:
    """Up for the module; gives what `make up` printed."""
    del image
    try:
        yield _make("up")
    finally:
        _compose("down", "--volumes", "--remove-orphans")


@pytest.fixture(scope="module")
def stack(said: str) -> Messages:
    """Its mailbox."""
    address = re.search(r"^Mailbox +http://127\.0\.0\.1:(\d+)$", said, re.MULTILINE)
    assert address, said
    return Messages(int(address[1]))


@pytest.fixture(scope="module")
def tools(stack: Messages) -> KafkaTools:
    del stack
    return KafkaTools("127.0.0.1:9092")


def test_up_is_the_service_a_kafka_and_a_mailbox_and_says_how_to_send(
    said: str, stack: Messages
) -> None:
    assert _services() == ["kafka", "mailbox", "mailer"]
    # It scrapes meanwhile, for the test that asks it.
    _compose("up", "--detach", "--no-recreate", "prometheus")
    (send,) = re.findall(r"^  docker compose exec mailer (.*)$", said, re.MULTILINE)
    _compose("exec", "--no-TTY", "mailer", *shlex.split(send))
    wait_until(lambda: stack.subjects() == ["Hello"], "the mail arrives", 30.0, every=0.1)
    mail = stack.find("Hello")
    assert [one["Address"] for one in mail["To"]] == ["ann@example.com"]
    assert mail["Text"].strip() == "Hello Ann"


def test_three_instances_share_the_work_and_deliver_each_mail_once(
    stack: Messages, tools: KafkaTools
) -> None:
    _make("up", f"ARGS=--scale mailer={INSTANCES}")
    names = _compose("ps", "--format", "{{.Name}}", "mailer").split()
    assert len(names) == INSTANCES
    before = stack.count()
    tools.produce(
        "email-queue",
        [Produced(flat(number, subject=f"Scaled {number}")) for number in range(MAILS)],
    )
    wait_until(lambda: stack.count() >= before + MAILS, "all arrive", 120.0, every=0.2)
    wait_until(
        lambda: tools.lag("messaging-service-group", "email-queue") == 0,
        "all are settled",
        30.0,
        every=0.1,
    )
    scaled = [one for one in stack.subjects() if one.startswith("Scaled ")]
    assert sorted(scaled) == sorted(f"Scaled {number}" for number in range(MAILS))
    shares = {name: logs(name).count("email.delivered") for name in names}
    assert all(shares.values()), f"each does its share: {shares}"


def test_prometheus_finds_every_instance_and_its_rules_are_at_work(stack: Messages) -> None:
    del stack
    address = _compose("port", "prometheus", "9090")

    def asked(path: str) -> Any:
        with urllib.request.urlopen(f"http://{address}/api/v1/{path}", timeout=10) as answer:
            return json.load(answer)["data"]

    def instances() -> int:
        try:
            found = asked("query?query=up%7Bjob%3D%22mailer%22%7D%20%3D%3D%201")["result"]
        except OSError:
            return 0  # it starts
        return len(found)

    instances_now = len(_compose("ps", "--quiet", "mailer").split())
    wait_until(lambda: instances() == instances_now, "all instances are scraped", 60.0, every=0.2)

    def rules() -> list[str]:
        return [rule["health"] for group in asked("rules")["groups"] for rule in group["rules"]]

    wait_until(lambda: set(rules()) == {"ok"}, f"the rules are at work: {rules()}", 30.0, every=0.2)


def test_down_leaves_only_the_volume(stack: Messages) -> None:
    del stack
    _make("down")
    label = f"label=com.docker.compose.project={PROJECT}"
    assert docker("ps", "--all", "--quiet", "--filter", label) == ""
    assert docker("network", "ls", "--quiet", "--filter", label) == ""
    assert len(docker("volume", "ls", "--quiet", "--filter", label).split()) == 1
