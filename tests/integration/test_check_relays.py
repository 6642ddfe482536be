"""`check` on real relays: each fault that is planted there is found, and its mend named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.checked import Check
from tests.support.environment import leave_own_settings
from tests.support.ports import free_port
from tests.support.relay_rig import Trust
from tests.support.relay_thread import RelayThread
from tests.support.smtp_actions import Action, Hang, Leave, Say
from tests.support.smtp_server import FEATURES, SmtpServer
from tests.support.submission import PASSWORD, USER

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from tests.support.submission import Submission


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(tmp_path)


@pytest.fixture
def check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Check:
    leave_own_settings(monkeypatch, tmp_path)
    env = {"SMTP_HOST": "127.0.0.1", "EMAIL_FROM": "Shop <shop@example.com>"}
    return Check(monkeypatch, capsys, env)


def test_a_relay_that_is_well_says_what_it_offers(check: Check, submission: Submission) -> None:
    env = {
        "SMTP_PORT": str(submission.at("password required").port),
        "SMTP_SECURITY": "starttls",
        "SMTP_CA_FILE": str(submission.trust.ca_file),
        "SMTP_USER": USER,
        "SMTP_PASSWORD": PASSWORD,
    }
    found = check("relays", env=env)
    assert (0, set()) == (found.code, found.faults)
    (only,) = found.findings
    assert "ok" == only["verdict"]
    for said in ("TLSv1.3", "logged in", "takes mail from EMAIL_FROM", "PIPELINING"):
        assert said in only["text"]
    assert submission.mails() == []


@pytest.mark.parametrize(
    ("code", "said", "verb", "action"),
    [
        ("relay_unwelcome", "SMTP_HELO_NAME", "CONNECT", Say("554 5.7.1 no service for you")),
        ("relay_unwelcome", "SMTP_SECURITY=tls", "CONNECT", Hang()),
        ("relay_unwelcome", "SMTP_HELO_NAME", "EHLO", Say("550 5.7.1 your name is no name")),
        ("relay_refuses_sender", "verifying", "MAIL", Say("550 5.7.60 not yours")),
        ("relay_refuses_recipient", "mailbox", "RCPT", Say("554 5.7.1 relaying denied")),
        ("relay_says_later", "greylisting", "RCPT", Say("451 4.7.1 greylisted")),
        ("relay_cuts", "log", "MAIL", Leave()),
        ("relay_cuts", "log", "RCPT", Say("421 4.7.0 too much")),
    ],
)
def test_a_relay_that_takes_no_mail(
    code: str, said: str, verb: str, action: Action, check: Check
) -> None:
    with RelayThread(SmtpServer().always(verb, action)) as relay:
        found = check("relays", env={"SMTP_PORT": str(relay.port)}, timeout=1)
    assert {(code, f"127.0.0.1:{relay.port}")} == found.faults
    assert said in found.mend(code)
    assert (1 if found.one(code)["verdict"] == "problem" else 0) == found.code
    assert relay.recipients == []


def test_what_is_asked_of_a_relay_is_taken_back(check: Check) -> None:
    with RelayThread() as relay:
        assert check("relays", env={"SMTP_PORT": str(relay.port)}).code == 0
    assert ["EHLO", "MAIL", "RCPT", "RSET", "QUIT"] == relay.server.verbs


def test_a_relay_that_takes_small_mails_only(check: Check) -> None:
    features = [each for each in FEATURES if not each.startswith("SIZE")]
    with RelayThread(SmtpServer(features=[*features, "SIZE 1000000"])) as relay:
        found = check("relays", env={"SMTP_PORT": str(relay.port)})
    assert found.code == 0
    assert "EMAIL_MAX_BYTES to 1000000" in found.mend("relay_size")


def test_a_relay_that_nobody_answers_for(check: Check) -> None:
    found = check("relays", env={"SMTP_PORT": str(free_port())})
    assert found.code == 3
    assert "SMTP_PORT" in found.mend("relay_unreachable")
    found = check("relays", env={"SMTP_HOST": "relay.invalid"})
    assert found.code == 3
    assert "SMTP_HOST" in found.mend("relay_unresolved")


def test_a_relay_without_starttls(check: Check) -> None:
    with RelayThread() as relay:
        env = {"SMTP_PORT": str(relay.port), "SMTP_SECURITY": "starttls"}
        found = check("relays", env=env)
    assert found.code == 1
    assert "SMTP_PORT=465" in found.mend("relay_without_starttls")


def context_of(trust: Trust, what: str) -> ssl.SSLContext:
    now = datetime.now(UTC)
    match what:
        case "expired":
            return trust.server_context(until=now - timedelta(days=1))
        case "soon":
            return trust.server_context(until=now + timedelta(days=5, hours=1))
        case "other name":
            return trust.server_context("mx.example.net")
        case "old":
            return trust.old_context()
        case _:
            return trust.server_context()


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("expired", "relay_certificate_expired", "Renew"),
        ("soon", "relay_certificate_ends", "Renew"),
        ("other name", "relay_certificate_name", "name 127.0.0.1"),
        ("untrusted", "relay_certificate_untrusted", "SMTP_CA_FILE"),
        ("old", "relay_tls_fails", "TLS 1.2"),
    ],
)
def test_certificates(what: str, code: str, said: str, check: Check, trust: Trust) -> None:
    with RelayThread(SmtpServer(tls=context_of(trust, what))) as relay:
        env = {"SMTP_PORT": str(relay.port), "SMTP_SECURITY": "starttls"}
        if what != "untrusted":
            env["SMTP_CA_FILE"] = str(trust.ca_file)
        found = check("relays", env=env)
    assert {code} == found.codes
    assert said in found.mend(code)
    assert (0 if what == "soon" else 1) == found.code
    if what == "soon":
        assert "ends in 5 days" in found.one(code)["text"]


def test_a_login_that_is_refused(check: Check, trust: Trust) -> None:
    server = SmtpServer(tls=trust.server_context(), users={"shop": "right"})
    with RelayThread(server) as relay:
        env = {
            "SMTP_PORT": str(relay.port),
            "SMTP_SECURITY": "starttls",
            "SMTP_CA_FILE": str(trust.ca_file),
            "SMTP_USER": "shop",
            "SMTP_PASSWORD": "wrong",
        }
        found = check("relays", env=env)
    assert found.code == 1
    assert "SMTP_PASSWORD" in found.mend("relay_login")
    assert "wrong" not in found.one("relay_login")["text"]


def test_each_of_several_relays_is_told(check: Check) -> None:
    with RelayThread() as good, RelayThread(SmtpServer().always("MAIL", Say("550 no"))) as bad:
        relays = f"smtp://127.0.0.1:{good.port}?name=good,smtp://127.0.0.1:{bad.port}?name=bad"
        found = check("relays", env={"SMTP_RELAYS": relays})
    assert [("good", "ok"), ("bad", "problem")] == [
        (each["subject"], each["verdict"]) for each in found.findings
    ]
