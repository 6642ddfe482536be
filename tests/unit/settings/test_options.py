from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.settings import Settings, options
from app.settings.profiles import PROFILES

# The names of DESIGN 3.7, on which others rely.
PROMISED = """
KAFKA_BROKERS KAFKA_TOPIC KAFKA_GROUP_ID KAFKA_COMMIT KAFKA_SECURITY_PROTOCOL KAFKA_SASL_MECHANISM
KAFKA_SASL_USERNAME KAFKA_SASL_PASSWORD KAFKA_SSL_CA_FILE KAFKA_SSL_CERT_FILE KAFKA_SSL_KEY_FILE
KAFKA_START KAFKA_CREATE_TOPICS KAFKA_START_TIMEOUT KAFKA_INSTANCE_ID EMAIL_WORKER_COUNT
EMAIL_WORKER_BUFFER EMAIL_WORKERS_MIN EMAIL_WORKERS_MAX EMAIL_MAX_MEMORY EMAIL_MAX_BYTES
EMAIL_JOB_TIMEOUT EMAIL_PROFILE EMAIL_FROM EMAIL_TEMPLATES EMAIL_INLINE_CSS EMAIL_DLQ_TOPIC
EMAIL_RESULTS_TOPIC EMAIL_SUPPRESSIONS_TOPIC EMAIL_DRY_RUN SMTP_HOST SMTP_PORT SMTP_USER
SMTP_PASSWORD SMTP_SECURITY SMTP_AUTH SMTP_TOKEN_FILE SMTP_HELO_NAME SMTP_TIMEOUTS
SMTP_ON_AMBIGUOUS SMTP_RELAYS SMTP_CA_FILE SMTP_CERT_FILE SMTP_KEY_FILE SMTP_RULES
EMAIL_REDIRECT_TO EMAIL_ALLOW_DOMAINS SMTP_RATE SMTP_DOMAIN_RATES SMTP_BREAKER RETRY_DELAYS
RETRY_JITTER EMAIL_TTL EMAIL_ENVELOPE_FROM SUPPRESSION_TTL DEDUP_WINDOW DEDUP_SIZE STATE_URL
DKIM_KEYS SHUTDOWN_TIMEOUT KAFKA_DRAIN_TIMEOUT OPS_HOST OPS_PORT OPS_TOKEN OPS_PUBLIC LOG_LEVEL
LOG_FORMAT LOG_ADDRESSES
"""
BEYOND = "KAFKA_SASL_TOKEN_FILE OPS_TRACING"

DEFAULTS = {
    "KAFKA_BROKERS": "localhost:9092",
    "KAFKA_TOPIC": "email-queue",
    "KAFKA_GROUP_ID": "messaging-service-group",
    "KAFKA_COMMIT": "submitted",
    "KAFKA_START": "earliest",
    "KAFKA_START_TIMEOUT": "60s",
    "EMAIL_WORKER_COUNT": "10",
    "EMAIL_WORKER_BUFFER": "100",
    "EMAIL_MAX_MEMORY": "256MiB",
    "EMAIL_MAX_BYTES": "10MiB",
    "EMAIL_JOB_TIMEOUT": "60s",
    "EMAIL_PROFILE": "default",
    "EMAIL_DLQ_TOPIC": "email-dlq",
    "EMAIL_RESULTS_TOPIC": "email-results",
    "SMTP_HOST": "localhost",
    "SMTP_PORT": "587",
    "SMTP_SECURITY": "auto",
    "SMTP_AUTH": "auto",
    "SMTP_ON_AMBIGUOUS": "retry",
    "SMTP_BREAKER": "failures=5,reset=10s",
    "RETRY_DELAYS": "30s,5m,30m,2h,6h,16h",
    "RETRY_JITTER": "0.1",
    "SHUTDOWN_TIMEOUT": "30s",
    "KAFKA_DRAIN_TIMEOUT": "20s",
    "OPS_HOST": "0.0.0.0",
    "OPS_PORT": "8081",
    "LOG_LEVEL": "info",
    "LOG_FORMAT": "auto",
    "LOG_ADDRESSES": "masked",
}

FLAGS = {
    "KAFKA_GROUP_ID": "--kafka-group",
    "EMAIL_WORKER_COUNT": "--workers",
    "EMAIL_WORKER_BUFFER": "--buffer",
    "EMAIL_PROFILE": "--profile",
    "OPS_PORT": "--port",
    "KAFKA_BROKERS": "--kafka-brokers",
    "SMTP_USER": "--smtp-user",
    "EMAIL_WORKERS_MIN": "--email-workers-min",
    "LOG_LEVEL": "--log-level",
}


def test_every_promised_variable_is_a_setting() -> None:
    variables = {each.variable for each in options() if not each.details.flag_only}
    assert variables == {*PROMISED.split(), *BEYOND.split()}


def test_the_promised_defaults_hold() -> None:
    defaults = {each.variable: each.default for each in options()}
    assert {name: defaults[name] for name in DEFAULTS} == DEFAULTS


def test_the_promised_flags_hold_and_the_rest_follows_the_variable() -> None:
    flags = {each.variable: each.flag for each in options()}
    assert {name: flags[name] for name in FLAGS} == FLAGS
    ruled = {
        name: flag
        for name, flag in flags.items()
        if name not in FLAGS and flag != "--" + name.lower().replace("_", "-")
    }
    assert ruled == {}


def test_no_flag_exists_twice() -> None:
    flags = [each.flag for each in options()]
    flags += [each.file_flag for each in options() if each.secret]
    assert len(flags) == len(set(flags))


def test_every_setting_is_explained() -> None:
    for each in options():
        assert each.help.endswith("."), each.variable
        assert each.kind.allowed, each.variable


def test_secrets_have_no_default() -> None:
    assert [each.variable for each in options() if each.secret and each.default] == []


def test_profiles_name_settings_that_exist() -> None:
    fields = {each.field for each in options()}
    assert all(fields.issuperset(profile) for profile in PROFILES.values())


def test_the_defaults_are_valid_and_cannot_be_changed() -> None:
    settings = Settings()
    assert settings.worker_bounds == (10, 10)
    assert list(settings.retry_delays) == [30, 300, 1800, 7200, 21600, 57600]
    with pytest.raises(ValidationError):
        settings.__setattr__("smtp_port", 25)


def test_construction_reads_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PORT", "2525")
    assert Settings().smtp_port == 587
