"""`bench`, as its user meets it, on a real broker: it measures, and nothing stays of it."""

from __future__ import annotations

import contextlib
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.cli.bench.scratch import PREFIX
from tests.support.command import Command
from tests.support.relay_thread import RelayThread
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics

SHORT = ("--seconds", "1s", "--partitions", "2")
TO = "load-test@example.com"


@pytest.fixture
def env(kafka: Broker, topics: Topics, tmp_path: Path) -> Mapping[str, str]:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return {"KAFKA_BROKERS": kafka.brokers, "TMPDIR": str(temporary), **topics.env()}


def traces(broker: Broker, tools: KafkaTools, env: Mapping[str, str], said: str) -> list[str]:
    """What is left of the run that `said` this: topics, groups, files, processes."""
    name = said.split("Topic ")[1].split(maxsplit=1)[0]
    assert name.startswith(PREFIX)
    found = [one for one in tools.list_topics() if one.startswith((name, env["KAFKA_TOPIC"]))]
    if broker.is_apache:
        found += [one for one in tools.list_groups() if one.startswith(name)]
    found += [each.name for each in Path(env["TMPDIR"]).iterdir()]
    return found + [name for one in _environments() if name.encode() in one]


def _environments() -> Iterator[bytes]:
    for each in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # ended since, or somebody else's
            yield each.read_bytes()


def test_it_tells_what_is_carried_and_leaves_the_queue_alone(
    kafka: Broker, kafka_tools: KafkaTools, env: Mapping[str, str]
) -> None:
    bench = Command("bench", env=env)
    arguments = ("--mails", "2000", "--relay-delay", "20ms", "--workers", "4")
    code, out, err = bench(*SHORT, *arguments, "--json")
    said = "\n".join(err)

    assert code == 0, said
    found = json.loads("\n".join(out))
    assert 0 < found["full_load"]["mails_per_second"] <= 4 / 0.02
    assert found["full_load"]["spent_ms"]["MAIL"] >= 20
    assert found["steady"]["latency_ms"]["p50"] >= 20
    assert found["full_load"]["cpu_us_per_mail"] > 0
    assert (found["not_delivered"], found["workers"]) == ({}, 4)
    assert found["advice"]
    assert traces(kafka, kafka_tools, env, said) == []


def test_to_a_relay_it_sends_no_more_than_was_said_and_to_nobody_else(
    kafka: Broker, kafka_tools: KafkaTools, env: Mapping[str, str]
) -> None:
    with RelayThread() as relay:
        to_relay = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(relay.port)}
        bench = Command("bench", env={**env, **to_relay, "EMAIL_FROM": "shop@example.com"})
        code, out, err = bench(*SHORT, "--to-relay", "--to", TO, "--yes", "--mails", "150")
        arrived = relay.recipients
    said = "\n".join(err)

    assert code == 0, said
    assert len(arrived) <= 150
    assert set(arrived) == {TO}
    assert f"to 127.0.0.1:{relay.port}" in out[0]
    assert "What to change" in out
    assert traces(kafka, kafka_tools, env, said) == []


def test_ctrl_c_leaves_nothing_behind(
    kafka: Broker, kafka_tools: KafkaTools, env: Mapping[str, str]
) -> None:
    with Command("bench", env=env).start(*SHORT) as process:
        wait_until(
            lambda: any(one.startswith(PREFIX) for one in kafka_tools.list_topics()),
            "its topic is there",
            30.0,
        )
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert out == ""
    assert "Traceback" not in said
    assert traces(kafka, kafka_tools, env, said) == []
