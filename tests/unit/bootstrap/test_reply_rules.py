"""The operator's rules while the service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from app.bootstrap.reply_rules import ReplyRules
from app.domain.errors import Fatal
from app.domain.outcome import ErrorKind
from app.domain.smtp import Phase, RecipientReply, Reply
from app.pipeline.watchdog import Pulse
from app.settings import load
from app.telemetry import Metrics

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = RecipientReply("a@example.com", Phase.RCPT, Reply(554, None, "on hold"))
MATCHES = "mailer_reply_rule_matches_total"


class Rig:
    """Rules in a file, and what is told of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rules.toml"
        self.metrics = Metrics()
        self.pulse = Pulse("SMTP_RULES", lambda: 0.0)

    def write(self, text: str) -> Rig:
        self.path.write_text(text, encoding="utf-8")
        return self

    def matches(self, rule: str) -> float | None:
        """As a scrape shows it; None while it does not."""
        registry = CollectorRegistry()
        registry.register(self.metrics)
        return registry.get_sample_value(MATCHES, {"rule": rule})

    def made(self) -> ReplyRules:
        settings = load({"smtp_rules": str(self.path)}, env_file=None, secrets_folder=None).settings
        return ReplyRules(settings, ["mail:587"], self.metrics, self.pulse)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path).write('[[rule]]\nname="hold"\npattern="on hold"\nkind="temporary"')


def test_each_judgement_is_counted_by_rule_and_a_rule_without_any_is_shown(rig: Rig) -> None:
    rules = rig.made()
    assert rig.matches("hold") == 0

    assert rules.judge(REFUSED, relay="mail:587").kind is ErrorKind.TEMPORARY

    assert rig.matches("hold") == 1


def test_rules_that_cannot_be_used_leave_the_last_good_ones(rig: Rig) -> None:
    rules = rig.made()

    rig.write("[[rule]]")
    rules.reload()
    assert rules.judge(REFUSED, relay="mail:587").kind is ErrorKind.TEMPORARY
    assert "the rules before it stay: rule 1: pattern: missing" in (rig.pulse.reason or "")

    rig.path.unlink()
    rules.reload()
    assert "no such file" in (rig.pulse.reason or "")

    rig.write('[[rule]]\ncode=554\nkind="sender"')
    rules.reload()
    assert rules.judge(REFUSED, relay="mail:587").kind is ErrorKind.SENDER
    assert rig.pulse.reason is None


def test_a_rule_for_a_relay_that_is_not_there_is_logged(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.write('[[rule]]\ncode=554\nkind="sender"\nrelay="ses"').made()

    assert "rule 1 is for the relay ses, which is none of mail:587" in caplog.text


def test_a_file_that_went_bad_since_the_settings_were_read_ends_the_start(rig: Rig) -> None:
    settings = load({"smtp_rules": str(rig.path)}, env_file=None, secrets_folder=None).settings
    rig.write("[[rule]]")

    with pytest.raises(Fatal, match=r"SMTP_RULES: .*rule 1: pattern: missing"):
        ReplyRules(settings, [], rig.metrics, rig.pulse)
