"""Rules between settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import trustme

from app.settings import InvalidSettings, load

if TYPE_CHECKING:
    from pathlib import Path

SASL = {"kafka_sasl_username": "u", "kafka_sasl_password": "p"}

OAUTH = {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "OAUTHBEARER"}


def _notices(**flags: str) -> tuple[str, ...]:
    return load(flags, secrets_folder=None).notices


def _refused(**flags: str) -> list[str]:
    with pytest.raises(InvalidSettings) as refusal:
        load(flags, secrets_folder=None)
    return [str(each) for each in refusal.value.problems]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (
            {"email_workers_min": "11"},
            'EMAIL_WORKERS_MIN="11" .*above EMAIL_WORKERS_MAX',
        ),
        (
            {"email_workers_min": "6", "email_workers_max": "5"},
            r'EMAIL_WORKERS_MIN="6" .*: above EMAIL_WORKERS_MAX \(5, flag --email-workers-max\)',
        ),
        (
            {"email_workers_min": "11", "email_workers_max": "20"},
            r"EMAIL_WORKER_COUNT.*: below EMAIL_WORKERS_MIN \(11, ",
        ),
        (
            {"email_profile": "constrained", "email_worker_count": "9"},
            r'EMAIL_WORKER_COUNT="9" .*: above EMAIL_WORKERS_MAX \(5, profile constrained\)',
        ),
        (
            {"email_max_bytes": "300MiB"},
            r'EMAIL_MAX_BYTES="300MiB" .*above EMAIL_MAX_MEMORY \(256MiB, default\)',
        ),
        (
            {"email_redirect_to": "qa@example.org", "email_allow_domains": "example.com"},
            r'EMAIL_REDIRECT_TO="qa@example.org" .*: not in EMAIL_ALLOW_DOMAINS \(example.com, ',
        ),
        (
            {"email_dlq_topic": "email-queue"},
            r'EMAIL_DLQ_TOPIC="email-queue" .*the same topic as KAFKA_TOPIC \(email-q',
        ),
        (
            {"email_results_topic": "email-dlq"},
            r"EMAIL_RESULTS_TOPIC=.*the same topic as EMAIL_DLQ_TOPIC",
        ),
        (
            {"email_suppressions_topic": "email-results"},
            r"EMAIL_SUPPRESSIONS_TOPIC=.*the same topic as EMAIL_RESULTS_TOPIC",
        ),
        (
            {"email_dlq_topic": "email-queue-retry-5m"},
            r"EMAIL_DLQ_TOPIC=.*a retry topic of KAFKA_TOPIC",
        ),
        ({"kafka_topic": "q" * 245}, r"KAFKA_TOPIC=.*too long: the retry topics add to it"),
        (
            {"kafka_sasl_username": "u"},
            r"KAFKA_SECURITY_PROTOCOL: a SASL user, password or token file is given",
        ),
        (
            {"kafka_sasl_token_file": __file__},
            r"KAFKA_SECURITY_PROTOCOL: a SASL user, password or token file is given",
        ),
        (
            {**OAUTH},
            r"KAFKA_SASL_TOKEN_FILE: needed by KAFKA_SASL_MECHANISM \(OAUTHBEARER, ",
        ),
        (
            {**OAUTH, **SASL, "kafka_sasl_token_file": __file__},
            r"KAFKA_SASL_PASSWORD .*of no use with KAFKA_SASL_MECHANISM \(OAUTHBEARER, ",
        ),
        (
            {**SASL, "kafka_security_protocol": "SASL_SSL", "kafka_sasl_token_file": __file__},
            r"KAFKA_SASL_TOKEN_FILE=.*of no use with KAFKA_SASL_MECHANISM \(PLAIN, default\)",
        ),
        (
            {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_username": "u"},
            r"KAFKA_SASL_PASSWORD: needed by KAFKA_SECURITY_PROTOCOL \(SASL_SSL, ",
        ),
        ({"smtp_user": "u"}, r"SMTP_PASSWORD: needed by SMTP_USER .*SMTP_PASSWORD_FILE"),
        ({"smtp_auth": "xoauth2"}, r"SMTP_TOKEN_FILE: needed by SMTP_AUTH"),
    ],
)
def test_refuses(flags: dict[str, str], expected: str) -> None:
    assert any(re.match(expected, said) for said in _refused(**flags)), _refused(**flags)


def test_accepts_sasl_with_user_and_password() -> None:
    assert _notices(kafka_security_protocol="SASL_SSL", **SASL) == ()


def test_accepts_oauth_with_a_token_file_alone() -> None:
    assert _notices(**OAUTH, kafka_sasl_token_file=__file__) == ()


def test_no_results_topic_is_the_same_as_no_other() -> None:
    assert load({"email_results_topic": ""}).settings.email_results_topic is None


def test_notices_a_password_without_a_user() -> None:
    assert _notices(smtp_password="p") == (
        "SMTP_PASSWORD is set without SMTP_USER: there will be no login",
    )


def test_notices_a_login_without_tls_off_loopback() -> None:
    login = {"smtp_user": "u", "smtp_password": "p", "smtp_security": "none"}
    (notice,) = _notices(smtp_host="mail", **login)
    assert notice.startswith("SMTP_SECURITY is none")
    for host in ("localhost", "127.0.0.9", "::1"):
        assert _notices(smtp_host=host, **login) == ()


def test_notices_what_is_of_no_use_without_or_beside_a_store() -> None:
    assert _notices(dedup_window="1h", dedup_size="1000") == ()
    assert _notices(dedup_window="1h", state_url="redis://store") == ()
    assert _notices(state_url="redis://:hunter2@store") == (
        "STATE_URL is set, but DEDUP_WINDOW is 0: nothing is remembered",
    )
    for rates in ({"smtp_domain_rates": "*=5/s"}, {"smtp_relays": "smtp://a?rate=5/s"}):
        assert _notices(state_url="redis://store", **rates) == ()
    (notice,) = _notices(dedup_window="1h", dedup_size="1000", state_url="redis://store")
    assert notice.startswith("DEDUP_SIZE bounds what is remembered in memory")


@pytest.fixture
def pem(tmp_path: Path) -> dict[str, str]:
    authority = trustme.CA()
    one, other = authority.issue_cert("a.example.com"), authority.issue_cert("b.example.com")
    files = {
        "ca": authority.cert_pem,
        "cert": one.cert_chain_pems[0],
        "key": one.private_key_pem,
        "both": one.private_key_and_cert_chain_pem,
        "other": other.private_key_pem,
    }
    for name, blob in files.items():
        blob.write_to_path(str(tmp_path / name))
    (tmp_path / "junk").write_text("no certificate")
    return {name: str(tmp_path / name) for name in (*files, "junk")}


def test_accepts_certificates_that_can_be_used(pem: dict[str, str]) -> None:
    assert (
        _notices(smtp_ca_file=pem["ca"], smtp_cert_file=pem["cert"], smtp_key_file=pem["key"]) == ()
    )
    assert _notices(smtp_cert_file=pem["both"]) == ()
    assert (
        _notices(
            kafka_security_protocol="SSL",
            kafka_ssl_ca_file=pem["ca"],
            kafka_ssl_cert_file=pem["both"],
        )
        == ()
    )


def test_refuses_certificates_that_cannot_be_used(pem: dict[str, str]) -> None:
    (said,) = _refused(smtp_ca_file=pem["junk"])
    assert "SMTP_CA_FILE" in said
    assert "no certificate that can be read" in said
    (said,) = _refused(smtp_cert_file=pem["cert"], smtp_key_file=pem["other"])
    assert "do not belong together" in said
    (said,) = _refused(smtp_cert_file=pem["cert"])
    assert "SMTP_CERT_FILE" in said
    (said,) = _refused(smtp_key_file=pem["key"])
    assert said.startswith("SMTP_CERT_FILE: needed by SMTP_KEY_FILE")


def test_refuses_certificates_where_there_is_no_tls(pem: dict[str, str]) -> None:
    (said,) = _refused(kafka_ssl_ca_file=pem["ca"])
    assert "of no use with KAFKA_SECURITY_PROTOCOL (PLAINTEXT, default)" in said
    (said,) = _refused(smtp_ca_file=pem["ca"], smtp_security="none")
    assert "of no use with SMTP_SECURITY (none, flag --smtp-security)" in said


def test_a_token_file_needs_a_user_and_a_fitting_way_to_log_in(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t")
    assert _notices(smtp_user="u", smtp_token_file=str(token)) == ()
    (said,) = _refused(smtp_token_file=str(token))
    assert said.startswith("SMTP_USER: needed by SMTP_TOKEN_FILE")
    (said,) = _refused(smtp_user="u", smtp_token_file=str(token), smtp_auth="plain")
    assert said.startswith('SMTP_AUTH="plain"')
