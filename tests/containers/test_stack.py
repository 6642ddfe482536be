"""docker-compose.yml as it stands: `make up`, a mail, three instances, `make down`."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.containers import Messages, docker, logs
from tests.support.kafka_tools import KafkaTools, Produced
from tests.support.mails import flat
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT: Final = "kafka-mailer-test"
ENV: Final = {"COMPOSE_PROJECT_NAME": PROJECT}
INSTANCES: Final = 3
MAILS: Final = 3000


def _compose(*arguments: str) -> str:
    return docker("compose", *arguments, env=ENV)


@pytest.fixture(scope="module")
def stack(image: str) -> Iterator[Messages]:
    """Up for the module; gives its mailbox."""
    del image
    try:
        _compose("up", "--build", "--detach", "--wait")
        yield Messages(int(_compose("port", "mailbox", "8025").rpartition(":")[2]))
    finally:
        _compose("--profile", "monitoring", "down", "--volumes", "--remove-orphans")


@pytest.fixture(scope="module")
def tools(stack: Messages) -> KafkaTools:
    del stack
    return KafkaTools("127.0.0.1:9092")


def test_a_mail_travels_from_the_topic_to_the_mailbox(stack: Messages) -> None:
    said = _compose(
        *("exec", "--no-TTY", "mailer", "kafka-mailer", "send"),
        *("--to", "ann@example.com", "--subject", "First", "--text", "Hello Ann"),
    )
    assert said
    wait_until(lambda: "First" in stack.subjects(), "the mail arrives", 30.0)


def test_three_instances_share_the_work_and_deliver_each_mail_once(
    stack: Messages, tools: KafkaTools
) -> None:
    _compose("up", "--detach", "--wait", "--scale", f"mailer={INSTANCES}", "mailer")
    names = _compose("ps", "--format", "{{.Name}}", "mailer").split()
    assert len(names) == INSTANCES
    before = stack.count()
    tools.produce(
        "email-queue",
        [Produced(flat(number, subject=f"Scaled {number}")) for number in range(MAILS)],
    )
    wait_until(lambda: stack.count() >= before + MAILS, "all arrive", 120.0)
    wait_until(
        lambda: tools.lag("messaging-service-group", "email-queue") == 0, "all are settled", 30.0
    )
    scaled = [one for one in stack.subjects() if one.startswith("Scaled ")]
    assert sorted(scaled) == sorted(f"Scaled {number}" for number in range(MAILS))
    shares = {name: logs(name).count("email.delivered") for name in names}
    assert all(shares.values()), f"each does its share: {shares}"


def test_prometheus_finds_every_instance_and_its_rules_are_at_work(stack: Messages) -> None:
    del stack
    _compose("--profile", "monitoring", "config", "--quiet")
    _compose("--profile", "monitoring", "up", "--detach", "--no-recreate", "prometheus")
    address = _compose("--profile", "monitoring", "port", "prometheus", "9090")

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
    wait_until(lambda: instances() == instances_now, "all instances are scraped", 60.0)
    (group, *_) = asked("rules")["groups"]
    wait_until(
        lambda: all(rule["health"] == "ok" for rule in asked("rules")["groups"][0]["rules"]),
        f"the rules of {group['name']} are at work",
        30.0,
    )


def test_down_leaves_only_the_volume(stack: Messages) -> None:
    del stack
    _compose("--profile", "monitoring", "down", "--remove-orphans")
    label = f"label=com.docker.compose.project={PROJECT}"
    assert docker("ps", "--all", "--quiet", "--filter", label) == ""
    assert docker("network", "ls", "--quiet", "--filter", label) == ""
    assert len(docker("volume", "ls", "--quiet", "--filter", label).split()) == 1
