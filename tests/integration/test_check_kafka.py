"""`check` on a real Kafka: what is planted in its topics and groups is found, nothing else is."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer

from app.domain.record import Partition
from app.intake.checkpoint import encode
from app.kafka import Admin, KafkaConfig
from tests.support.checked import Check, Checked
from tests.support.command import Command
from tests.support.dns_server import DnsServer
from tests.support.environment import leave_own_settings
from tests.support.kafka_tools import Committed, Produced
from tests.support.ports import free_port
from tests.support.relay_thread import RelayThread
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.services import Services
    from tests.support.topics import Topics

HOUR_MS = 3_600_000
WELL_S = 5.0
ROOM = {"max.message.bytes": "1114124"}
KAFKA = ("brokers", "rights", "topics", "group")


@pytest.fixture(autouse=True)
def _apache(kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker knows no configuration of topics")


@pytest.fixture
def env(kafka: Broker, topics: Topics) -> dict[str, str]:
    return {
        "KAFKA_BROKERS": kafka.brokers,
        "RETRY_DELAYS": "30s,2h",
        "EMAIL_FROM": "Shop <mail@shop.example>",
        **topics.env(),
    }


@pytest.fixture
def check(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    env: dict[str, str],
) -> Check:
    leave_own_settings(monkeypatch, tmp_path)
    return Check(monkeypatch, capsys, env)


def make(
    tools: KafkaTools, topics: Topics, changes: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """As the service makes them, but for the changes, by topic."""
    compact = {"cleanup.policy": "compact"}
    wanted: dict[str, dict[str, str]] = {
        topics.queue: {},
        f"{topics.queue}-retry-30s": ROOM,
        f"{topics.queue}-retry-2h": ROOM,
        topics.dlq: ROOM,
        topics.results: {},
        topics.suppressions: compact,
        f"{topics.dlq}-state": compact,
    }
    for topic, config in wanted.items():
        tools.create_topic(topic, 2, config | dict((changes or {}).get(topic, {})))


@pytest.fixture
def names() -> Iterator[DnsServer]:
    with DnsServer() as server:
        server.records |= {
            ("shop.example", "MX"): ["10 mx.shop.example."],
            ("shop.example", "TXT"): ["v=spf1 mx -all"],
            ("_dmarc.shop.example", "TXT"): ["v=DMARC1; p=reject"],
        }
        yield server


@pytest.mark.alone
def test_a_set_up_that_is_well_is_told_so_within_five_seconds(
    env: dict[str, str], kafka_tools: KafkaTools, topics: Topics, names: DnsServer
) -> None:
    make(kafka_tools, topics)
    with RelayThread() as relay:
        more = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(relay.port)}
        command = Command("check", env=env | more)
        times: list[float] = []
        while len(times) < 3 and min(times, default=WELL_S + 1) > WELL_S:
            began = time.monotonic()
            code, out, err = command("--dns", names.address)
            times.append(time.monotonic() - began)
            assert (0, []) == (code, err), out
            assert out[-1].startswith("All is well: ")
    load = os.getloadavg()[0]
    if min(times) > WELL_S and load > 2 * (os.cpu_count() or 1):
        pytest.skip(f"the machine is busy with something else (load {load:.0f})")
    assert min(times) <= WELL_S, times


def test_topics_that_lose_mail(check: Check, kafka_tools: KafkaTools, topics: Topics) -> None:
    queue, tier, long_tier = topics.queue, f"{topics.queue}-retry-30s", f"{topics.queue}-retry-2h"
    make(
        kafka_tools,
        topics,
        {
            queue: {"retention.ms": str(HOUR_MS), "unclean.leader.election.enable": "true"},
            tier: {"cleanup.policy": "compact", "max.message.bytes": "1000000"},
            long_tier: {"retention.ms": str(HOUR_MS), "retention.bytes": "1000000"},
            topics.dlq: {"max.message.bytes": "1048588", "min.insync.replicas": "2"},
            topics.suppressions: {"cleanup.policy": "delete"},
        },
    )
    kafka_tools.create_topic(f"{queue}-retry-5m", 1, ROOM)
    found = check("topics")
    assert {
        ("retention_short", queue),
        ("unclean_election", queue),
        ("compacted", tier),
        ("records_too_small", tier),
        ("retention_below_wait", long_tier),
        ("retention_by_size", long_tier),
        ("records_no_headroom", topics.dlq),
        ("too_few_in_sync", topics.dlq),
        ("not_compacted", topics.suppressions),
        ("partitions_differ", f"{queue}-retry-5m"),
    } == found.faults
    assert found.code == 1
    assert f"--entity-name {long_tier} --add-config retention.ms=" in found.mend(
        "retention_below_wait"
    )
    assert (
        "keeps records for 1 h, but messages wait there for 2 h"
        == (found.one("retention_below_wait")["text"])
    )


def test_topics_that_are_not_there(check: Check, topics: Topics) -> None:
    assert {("queue_missing", topics.queue)} == check("topics").faults
    found = check("topics", env={"KAFKA_CREATE_TOPICS": "false"})
    assert found.code == 1
    assert {"topic_missing"} == found.codes
    assert topics.dlq in {subject for _, subject in found.faults}


def test_a_clock_that_is_apart(check: Check, kafka_tools: KafkaTools, topics: Topics) -> None:
    make(kafka_tools, topics)
    now = round(time.time() * 1000)
    kafka_tools.produce(
        topics.queue, [Produced(b"{}", partition=0, timestamp_ms=now + 10 * 60_000)]
    )
    found = check(*KAFKA)
    assert {("clock_apart", "clock"), ("nobody_reads", topics.group)} == found.faults
    assert "NTP" in found.mend("clock_apart")


def test_a_group_that_has_lost_its_place(
    check: Check, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    make(kafka_tools, topics)
    kafka_tools.create_topic(tier := f"{topics.queue}-retry-5m", 1, ROOM)
    for topic, number in ((topics.queue, 0), (topics.queue, 1), (tier, 0)):
        kafka_tools.produce(topic, [Produced(b"{}", partition=number) for _ in range(20)])
    kafka_tools.commit(
        topics.group,
        {
            Partition(topics.queue, 0): Committed(12, encode(12, 12, (3, 11))),
            Partition(topics.queue, 1): Committed(5, "another tool's"),
        },
    )
    kafka_tools.commit(
        f"{topics.group}-retry", {Partition(tier, 0): Committed(6, encode(6, 6, ())[:-1] + "!")}
    )

    async def delete() -> None:
        async with Admin(KafkaConfig((kafka.brokers,))) as admin:
            await admin.delete_before({Partition(topics.queue, 0): 10})
            await admin.delete_before({Partition(topics.queue, 1): 8})

    run(delete())
    found = check("group")
    group = topics.group
    assert {
        ("deleted_unsettled", group),
        ("deleted_unread", group),
        ("offsets_foreign", group),
        ("nobody_reads", group),
        ("checkpoint_unreadable", f"{group}-retry"),
        ("nobody_reads", f"{group}-retry"),
    } == found.faults
    assert found.code == 1
    assert f"of {topics.queue}/1 Kafka has deleted 3" in found.one("deleted_unread")["text"]
    assert "--ignore-checkpoint" in found.mend("checkpoint_unreadable")


def test_a_group_that_somebody_else_is_in(
    check: Check, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    make(kafka_tools, topics)
    kafka_tools.create_topic(other := f"{topics.prefix}-invoices", 1)

    async def look_meanwhile() -> Checked:
        stranger = AIOKafkaConsumer(
            other, bootstrap_servers=kafka.brokers, group_id=topics.group, client_id="billing"
        )
        await stranger.start()
        try:
            await until(stranger.assignment, "it has joined", 20)
            return await asyncio.to_thread(check, "group")
        finally:
            await stranger.stop()

    found = run(look_meanwhile(), 60)
    assert {("group_shared", topics.group)} == found.faults
    assert "billing at 127.0.0.1" in found.one("group_shared")["text"]
    assert other in found.one("group_shared")["text"]


def test_the_service_is_told_of_and_no_stranger(
    check: Check, services: Services, topics: Topics
) -> None:
    with (
        RelayThread() as relay,
        services.to(relay.port) as service,
    ):
        service.wait_ready()
        found = check(*KAFKA, env={"RETRY_DELAYS": "30s,5m,30m,2h,6h,16h"})
        service.terminate()
        assert service.wait() == 0
    assert (0, set()) == (found.code, found.faults)
    groups = [each for each in found.findings if each["area"] == "group"]
    assert {topics.group, f"{topics.group}-retry"} == {each["subject"] for each in groups}
    assert all(each["text"].startswith("1 in it (kafka-mailer-") for each in groups)


def test_brokers_that_are_away(check: Check, kafka: Broker, env: dict[str, str]) -> None:
    away = f"127.0.0.1:{free_port()}"
    found = check("brokers", env={"KAFKA_BROKERS": f"{away},{env['KAFKA_BROKERS']}"})
    assert (0, {("broker_away", away)}) == (found.code, found.faults)
    found = check(*KAFKA, env={"KAFKA_BROKERS": away})
    assert (3, {("broker_unreachable", away)}) == (found.code, found.faults)
    assert "KAFKA_BROKERS" in found.mend("broker_unreachable")
