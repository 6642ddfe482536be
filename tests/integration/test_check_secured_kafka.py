"""`check` on Kafkas that want TLS, a login and rights, and on one that is set up against us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.checked import Check
from tests.support.environment import leave_own_settings
from tests.support.guarded_kafka import GROUP, TOPIC, USER, GuardedKafka, guarded_kafka
from tests.support.kafka_tools import KafkaTools
from tests.support.secure_kafka import SecureKafka, skip_without_apache
from tests.support.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What a cluster must not have for us.
AGAINST_US = {
    "offset.metadata.max.bytes": "1024",
    "group.min.session.timeout.ms": "20000",
    "offsets.retention.minutes": "60",
}
NOWHERE = "broker.invalid:9093"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """Its listener MUTUAL sends clients to nowhere."""
    skip_without_apache()
    kafka = SecureKafka(tmp_path_factory.mktemp("secure"))
    here = (f"{name}://127.0.0.1:{kafka.node.ports[name]}" for name in ("PLAINTEXT", "LOGIN"))
    advertised = ",".join((*here, f"MUTUAL://{NOWHERE}"))
    kafka.node.settings |= {**AGAINST_US, "advertised.listeners": advertised}
    try:
        kafka.node.start()
        yield kafka
    finally:
        kafka.node.kill()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    with guarded_kafka(tmp_path_factory.mktemp("guarded")) as kafka:
        yield kafka


@pytest.fixture
def check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Check:
    leave_own_settings(monkeypatch, tmp_path)
    return Check(monkeypatch, capsys, {})


def test_a_login_by_tls_that_is_well(check: Check, secure: SecureKafka) -> None:
    found = check("brokers", env=secure.login("SCRAM-SHA-512"))
    (well,) = [each for each in found.findings if not each["code"]]
    assert "TLSv1.3, certificate for " in well["text"]
    assert {"checkpoint_room", "session_refused", "offsets_forgotten"} == found.codes
    assert "offset.metadata.max.bytes of the brokers to 4096" in found.mend("checkpoint_room")
    assert "10 s" in found.mend("session_refused")


@pytest.mark.parametrize(
    ("code", "said", "changes"),
    [
        ("broker_login", "KAFKA_SASL_USERNAME", {"KAFKA_SASL_PASSWORD": "wrong"}),
        ("broker_certificate", "KAFKA_SSL_CA_FILE", {"KAFKA_SSL_CA_FILE": "{other}"}),
        ("broker_certificate", "KAFKA_BROKERS", {"KAFKA_BROKERS": "localhost:{login}"}),
        (
            "broker_protocol",
            "KAFKA_SECURITY_PROTOCOL",
            {"KAFKA_BROKERS": "127.0.0.1:{plain}"},
        ),
        (
            "broker_protocol",
            "KAFKA_SECURITY_PROTOCOL",
            {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SSL_CA_FILE": ""},
        ),
    ],
)
def test_a_broker_that_does_not_let_us_in(
    code: str, said: str, changes: dict[str, str], check: Check, secure: SecureKafka
) -> None:
    places: dict[str, Any] = {
        "other": secure.other_authority,
        "login": secure.node.ports["LOGIN"],
        "plain": secure.node.port,
    }
    changed = {name: value.format_map(places) for name, value in changes.items()}
    found = check("topics", env=secure.login("PLAIN") | changed)
    assert (1, {code}) == (found.code, found.codes)
    assert said in found.mend(code)
    assert "wrong" not in str(found.findings)


def test_a_broker_that_sends_us_to_nowhere(check: Check, secure: SecureKafka) -> None:
    found = check("brokers", env=secure.mutual(), timeout=3)
    assert found.code == 3
    assert ("broker_advertised", NOWHERE) in found.faults
    assert "advertised.listeners" in found.mend("broker_advertised")


def test_rights_that_are_missing(check: Check, guarded: GuardedKafka) -> None:
    names = Topics.unique()
    tools = KafkaTools(guarded.node.brokers)
    tier = f"{names.queue}-retry-30s"
    for topic in (names.queue, tier, names.dlq, names.results):
        tools.create_topic(topic, 1)
    guarded.grant(TOPIC, names.queue, "DESCRIBE")
    guarded.grant(TOPIC, tier, "READ", "WRITE")
    guarded.grant(TOPIC, names.results, "WRITE")
    guarded.grant(GROUP, f"{names.group}-retry", "READ")
    env = {**guarded.env(), **names.env(), "RETRY_DELAYS": "30s"}
    found = check("rights", env=env)
    assert found.code == 1
    assert {
        ("right_missing", names.queue),
        ("topic_hidden", names.dlq),
        ("topic_hidden", names.suppressions),
        ("right_missing", names.group),
    } == found.faults
    mends = {each["subject"]: each["mend"] for each in found.findings}
    assert (
        f"--add --allow-principal User:{USER} --operation Read --operation DescribeConfigs "
        f"--topic {names.queue}"
    ) in mends[names.queue]
    assert f"--operation Write --topic {names.dlq}" in mends[names.dlq]
    assert f"--operation Read --group {names.group}" in mends[names.group]


def test_rights_that_suffice(check: Check, guarded: GuardedKafka) -> None:
    names = Topics.unique()
    tools = KafkaTools(guarded.node.brokers)
    tier = f"{names.queue}-retry-30s"
    for topic in (names.queue, tier, names.dlq, names.results, names.suppressions):
        tools.create_topic(topic, 1)
    guarded.grant(TOPIC, names.queue, "READ", "DESCRIBE_CONFIGS")
    for topic in (tier, names.suppressions):
        guarded.grant(TOPIC, topic, "READ", "WRITE")
    for topic in (names.dlq, names.results):
        guarded.grant(TOPIC, topic, "WRITE")
    for group in (names.group, f"{names.group}-retry"):
        guarded.grant(GROUP, group, "READ")
    env = {**guarded.env(), **names.env(), "RETRY_DELAYS": "30s"}
    found = check("brokers", "rights", "topics", "group", env=env)
    assert (0, set()) == (found.code, found.faults)
    (rights,) = [each for each in found.findings if each["area"] == "rights"]
    assert "all that is needed on 7 topics and groups" == rights["text"]
