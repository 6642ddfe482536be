"""TLS and SASL on the way to Kafka: each mechanism works, each refusal is one clear line."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import orjson
import pytest

from app.domain.record import Partition
from tests.support.kafka_tools import KafkaTools
from tests.support.mails import flat
from tests.support.relay_thread import RelayThread
from tests.support.secure_kafka import MECHANISMS, PASSWORD, SecureKafka, secure_kafka
from tests.support.service import REPOSITORY, Service
from tests.support.services import Services
from tests.support.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with secure_kafka(tmp_path_factory.mktemp("secure")) as kafka:
        yield kafka


@pytest.fixture(scope="module")
def tools(secure: SecureKafka) -> KafkaTools:
    return KafkaTools(secure.node.brokers)


@pytest.fixture(scope="module")
def relay() -> Iterator[RelayThread]:
    with RelayThread() as relay:
        yield relay


def on(folder: Path, relay: RelayThread, env: dict[str, str], topics: Topics) -> Service:
    return Services(folder, env["KAFKA_BROKERS"], topics).to(relay.port, **env)


@pytest.mark.parametrize("way", [*MECHANISMS, "mutual TLS"])
def test_a_mail_is_sent_by_each_way_in(
    way: str, tmp_path: Path, secure: SecureKafka, tools: KafkaTools, relay: RelayThread
) -> None:
    topics = Topics.unique()
    env = secure.mutual() if way == "mutual TLS" else secure.login(way)
    tools.create_topic(topics.queue, 1)
    tools.produce(topics.queue, [flat(1, to=f"{topics.prefix}@example.com")])
    with on(tmp_path, relay, env, topics) as service:
        service.wait_for(
            lambda: f"{topics.prefix}@example.com" in relay.recipients, "the mail is there"
        )
        tools.wait_for_records(topics.results, 1)
        service.wait_ready()
        service.terminate()
        assert service.wait() == 0
    assert tools.committed(topics.group)[Partition(topics.queue, 0)].offset == 1
    for secret in (PASSWORD, "scram", secure.token.read_text().strip()):
        assert secret not in service.output.replace("SCRAM", "")


def refusals(secure: SecureKafka, folder: Path) -> dict[str, tuple[dict[str, str], str, int]]:
    """Settings, what is said of them, and the exit code."""
    login = secure.login("SCRAM-SHA-512")
    plain, oauth = secure.login("PLAIN"), secure.login("OAUTHBEARER")
    empty, odd = folder / "empty", folder / "odd"
    empty.write_text("\n")
    odd.write_text("no token\n")
    alone = {name: login[name] for name in ("KAFKA_BROKERS", "KAFKA_SSL_CA_FILE")}
    wrong = {"KAFKA_SASL_PASSWORD": "n0t-it"}
    return {
        "wrong password": (
            {**login, **wrong},
            "the login as mailer (SCRAM-SHA-512) is refused",
            1,
        ),
        "wrong password, PLAIN": ({**plain, **wrong}, "the login as mailer (PLAIN) is refused", 1),
        "a token that is none": (
            {**oauth, "KAFKA_SASL_TOKEN_FILE": str(secure.authority)},
            f"KAFKA_SASL_TOKEN_FILE {secure.authority}: holds no access token",
            1,
        ),
        "no token": (
            {**oauth, "KAFKA_SASL_TOKEN_FILE": str(empty)},
            f"KAFKA_SASL_TOKEN_FILE {empty}: is empty",
            1,
        ),
        "unknown authority": (
            {**login, "KAFKA_SSL_CA_FILE": str(secure.other_authority)},
            "the broker's certificate is not trusted: ",
            1,
        ),
        "another host": (
            {**login, "KAFKA_BROKERS": secure.at("LOGIN", "localhost")},
            "the broker's certificate is for another host: Hostname mismatch",
            1,
        ),
        "no TLS": (
            {"KAFKA_BROKERS": secure.at("MUTUAL"), "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"},
            "it may want TLS, a login or a certificate (KAFKA_SECURITY_PROTOCOL=PLAINTEXT)",
            3,
        ),
        "TLS where there is none": (
            {**alone, "KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_BROKERS": secure.at("PLAINTEXT")},
            "(KAFKA_SECURITY_PROTOCOL=SSL)",
            3,
        ),
        "no login": (
            {**alone, "KAFKA_SECURITY_PROTOCOL": "SSL"},
            "it may want TLS, a login or a certificate (KAFKA_SECURITY_PROTOCOL=SSL)",
            3,
        ),
        "no certificate": (
            {**alone, "KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_BROKERS": secure.at("MUTUAL")},
            "certificate",
            3,
        ),
        "a login where there is none": (
            {
                **login,
                "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
                "KAFKA_SSL_CA_FILE": "",
                "KAFKA_BROKERS": secure.at("PLAINTEXT"),
            },
            "the broker wants no login on this port (KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT)",
            1,
        ),
    }


@pytest.mark.parametrize(
    "what",
    [
        *("wrong password", "wrong password, PLAIN", "a token that is none", "no token"),
        *("unknown authority", "another host", "no TLS", "TLS where there is none", "no login"),
        *("no certificate", "a login where there is none"),
    ],
)
def test_a_refusal_at_start_is_one_clear_line(
    what: str, tmp_path: Path, secure: SecureKafka, relay: RelayThread
) -> None:
    env, said, code = refusals(secure, tmp_path)[what]
    env = {**env, "KAFKA_START_TIMEOUT": "1s"}
    with on(tmp_path, relay, env, Topics.unique()) as service:
        assert service.wait(20) == code, service.output
    told = [one for one in service.events if one["level"] in {"warning", "error", "critical"}]
    assert len(told) == 1, service.output
    assert said in told[0]["event"]
    assert "Traceback" not in service.output
    assert "n0t-it" not in service.output


def send(env: dict[str, str], topic: str) -> subprocess.CompletedProcess[str]:
    """`kafka-mailer send` as a user's shell runs it."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "app", "send"),
            *("--to", "ann@example.com", "--subject", "Hi", "--text", "Hello"),
        ],
        env={**os.environ, **env, "KAFKA_TOPIC": topic, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_send_logs_in_as_well(secure: SecureKafka, tools: KafkaTools) -> None:
    topics = Topics.unique()
    done = send(secure.login("SCRAM-SHA-256"), topics.queue)
    assert (done.returncode, done.stderr) == (0, "")
    (record,) = tools.read_all(topics.queue)
    assert orjson.loads(record.value or b"")["subject"] == "Hi"


def test_send_says_that_its_login_is_refused(secure: SecureKafka) -> None:
    env = {**secure.login("SCRAM-SHA-256"), "KAFKA_SASL_PASSWORD": "n0t-it"}
    done = send(env, Topics.unique().queue)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "the login as mailer (SCRAM-SHA-256) is refused" in line


def test_send_says_once_that_a_certificate_is_wanted(secure: SecureKafka, tmp_path: Path) -> None:
    env, said, code = refusals(secure, tmp_path)["no certificate"]
    done = send({**env, "KAFKA_START_TIMEOUT": "1s"}, Topics.unique().queue)
    assert done.returncode == code
    (line,) = done.stderr.splitlines()
    assert said in line


def test_a_token_that_comes_late_is_taken(
    tmp_path: Path, secure: SecureKafka, relay: RelayThread
) -> None:
    late = tmp_path / "token"
    late.write_text("")
    env = {**secure.login("OAUTHBEARER"), "KAFKA_SASL_TOKEN_FILE": str(late)}
    with on(tmp_path, relay, env, Topics.unique()) as service:
        service.wait_for(lambda: f"{late}: is empty" in service.output, "it says so")
        late.write_text(secure.token.read_text())
        service.wait_ready()
        service.terminate()
        assert service.wait() == 0
