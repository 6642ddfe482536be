"""The measured service has the user's settings, and nothing of the user's that others share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.cli.bench.environment import SinkAt, service_environment
from app.cli.bench.order import Order
from app.cli.bench.scratch import Scratch
from app.settings import load

if TYPE_CHECKING:
    from pathlib import Path

SCRATCH = Scratch.new(results=True, suppressions=True)
DOTENV = """\
KAFKA_BROKERS=kafka-1:9092
KAFKA_TOPIC=orders
KAFKA_GROUP_ID=mailers
KAFKA_INSTANCE_ID=one
KAFKA_SASL_USERNAME=shop
KAFKA_SASL_PASSWORD=hidden
KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT
EMAIL_WORKER_COUNT=30
EMAIL_FROM=Shop <shop@example.com>
EMAIL_ALLOW_DOMAINS=example.com
EMAIL_RESULTS_TOPIC=
SMTP_RELAYS=smtp://user:secret@mail.example.com:587
SMTP_RATE=100
STATE_URL=redis://localhost
OPS_TOKEN=a-token-that-is-long-enough
LOG_LEVEL=error
"""


def environment(folder: Path, order: Order, **more: object) -> dict[str, str]:
    (folder / "settings").write_text(DOTENV)
    loaded = load({"kafka_drain_timeout": "7s"}, env_file=folder / "settings", secrets_folder=None)
    scratch = more.pop("scratch", SCRATCH)
    places = {"brokers": None, "sink": SinkAt(2525), "ops_port": 4711} | more
    return service_environment(loaded, order, scratch, **places)  # type: ignore[arg-type]


def test_what_was_set_counts_wherever_it_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_WORKER_BUFFER", "77")
    env = environment(tmp_path, Order())
    assert (env["EMAIL_WORKER_COUNT"], env["EMAIL_WORKER_BUFFER"]) == ("30", "77")
    assert (env["KAFKA_BROKERS"], env["KAFKA_SASL_PASSWORD"]) == ("kafka-1:9092", "hidden")
    assert (env["KAFKA_DRAIN_TIMEOUT"], env["SMTP_RATE"]) == ("7s", "100")
    assert env["EMAIL_FROM"] == "Shop <shop@example.com>"


def test_topics_and_group_are_the_runs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = environment(tmp_path, Order())
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    found = load(env_file=None, secrets_folder=None).settings
    names = {found.kafka_topic, found.kafka_group_id, found.email_dlq_topic}
    names |= {found.email_results_topic or "", found.email_suppressions_topic or ""}
    assert all(name.startswith(SCRATCH.queue) for name in names)
    assert {found.kafka_topic, found.email_dlq_topic} < set(SCRATCH.topics)
    assert f"{SCRATCH.queue}-retry-24h" in SCRATCH.topics
    assert found.ops_host == "127.0.0.1"


@pytest.mark.parametrize(
    "name", ["STATE_URL", "OPS_TOKEN", "KAFKA_INSTANCE_ID", "SMTP_RELAYS", "EMAIL_ALLOW_DOMAINS"]
)
def test_what_is_shared_or_of_the_relay_stays_out(tmp_path: Path, name: str) -> None:
    assert name not in environment(tmp_path, Order())


def test_the_relay_of_the_settings_is_used_when_it_is_asked_for(tmp_path: Path) -> None:
    env = environment(tmp_path, Order(to_relay=True), sink=None)
    assert env["SMTP_RELAYS"] == "smtp://user:secret@mail.example.com:587"
    assert env["EMAIL_ALLOW_DOMAINS"] == "example.com"
    assert "SMTP_PORT" not in env
    assert "STATE_URL" not in env


def test_mail_goes_to_the_sink_otherwise(tmp_path: Path) -> None:
    env = environment(tmp_path, Order())
    assert (env["SMTP_HOST"], env["SMTP_PORT"]) == ("127.0.0.1", "2525")
    assert env["SMTP_SECURITY"] == "none"


def test_a_sink_with_tls_is_verified(tmp_path: Path) -> None:
    env = environment(tmp_path, Order(relay_tls=True), sink=SinkAt(2525, tmp_path / "sink.pem"))
    assert (env["SMTP_HOST"], env["SMTP_SECURITY"]) == ("localhost", "starttls")
    assert env["SMTP_CA_FILE"] == str(tmp_path / "sink.pem")


def test_an_embedded_broker_asks_for_no_password(tmp_path: Path) -> None:
    env = environment(tmp_path, Order(embedded=True), brokers="127.0.0.1:9")
    assert env["KAFKA_BROKERS"] == "127.0.0.1:9"
    assert [name for name in env if name.startswith(("KAFKA_SASL", "KAFKA_SEC"))] == []


def test_what_the_settings_do_not_want_is_not_written(tmp_path: Path) -> None:
    without = Scratch.new(results=False, suppressions=False)
    env = environment(tmp_path, Order(), scratch=without)
    assert (env["EMAIL_RESULTS_TOPIC"], env["EMAIL_SUPPRESSIONS_TOPIC"]) == ("", "")
    assert [name for name in without.topics if "results" in name or "suppr" in name] == []


def test_the_log_is_as_the_figures_need_it(tmp_path: Path) -> None:
    env = environment(tmp_path, Order())
    assert (env["LOG_LEVEL"], env["LOG_FORMAT"]) == ("info", "json")


def test_templates_of_ones_own_are_for_a_message_of_ones_own(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    loaded = load(
        {"email_templates": str(folder)}, env_file=tmp_path / "absent", secrets_folder=None
    )
    for order, kept in ((Order(), False), (Order(document={"template": "mine"}), True)):
        env = service_environment(loaded, order, SCRATCH, brokers=None, sink=SinkAt(1), ops_port=2)
        assert ("EMAIL_TEMPLATES" in env) is kept
