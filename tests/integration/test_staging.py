"""Settings that keep mail from the world, and rules of the operator's, in the real service."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.support.mails import flat
from tests.support.ports import free_port
from tests.support.smtp_actions import Say

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.service import Service
    from tests.support.services import Services
    from tests.support.topics import Topics

RECIPIENTS = ["ann@example.com", "bob@example.org"]


@dataclass(frozen=True)
class Rig:
    """A service between the test's topics and a relay that does as it is told."""

    services: Services
    tools: KafkaTools
    topics: Topics
    relay: RelayThread

    def service(self, **env: str) -> Service:
        return self.services.to(self.relay.port, **env)

    def results(self, *messages: dict[str, Any]) -> list[dict[str, Any]]:
        """Queue these and give all results, once there are that many more."""
        had = len(self.tools.read_all(self.topics.results))
        self.tools.produce(self.topics.queue, list(messages))
        records = self.tools.wait_for_records(self.topics.results, had + len(messages))
        return [orjson.loads(record.value or b"") for record in records][had:]


@pytest.fixture
def rig(services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread) -> Rig:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.create_topic(topics.results, 1)
    return Rig(services, kafka_tools, topics, relay)


def test_a_dry_run_does_everything_but_send(rig: Rig) -> None:
    with rig.services.to(free_port(), EMAIL_DRY_RUN="true") as service:
        service.wait_ready()
        (result,) = rig.results(flat(1, to=RECIPIENTS))
        (issue,) = service.issues().items()
        assert issue[0] == "staging"
        assert issue[1].startswith("staging: EMAIL_DRY_RUN is on: no mail is sent")
        (logged,) = service.wait_for_events("email.delivered")
    assert ("delivered", "dry-run") == (result["status"], result["relay"])
    assert result["reply"] == "dry run: composed, and sent nowhere" == logged["reply"]
    assert [each["status"] for each in result["recipients"]] == ["delivered"] * 2
    assert result["message_id"]
    assert "EMAIL_DRY_RUN is on" in service.output
    assert not rig.relay.server.sessions


def test_a_redirect_sends_everything_to_one_address_and_to_nobody_else(rig: Rig) -> None:
    rig.relay.server.on("RCPT", Say("550 5.1.1 no such user"))
    with rig.service(EMAIL_REDIRECT_TO="qa@example.net") as service:
        service.wait_ready()
        (dead,) = rig.results(flat(1, to=RECIPIENTS))
        (sent,) = rig.results(flat(2, to=RECIPIENTS[:1], bcc=RECIPIENTS[1:]))
        assert "EMAIL_REDIRECT_TO is set" in service.issues()["staging"]

    assert dead["status"] == "dead"
    assert sent["status"] == "delivered"
    assert [each["address"] for each in sent["recipients"]] == RECIPIENTS
    said = [one for one in rig.relay.server.commands if one.startswith("RCPT")]
    assert said
    assert all(one.startswith("RCPT TO:<qa@example.net>") for one in said)
    (mail,) = rig.relay.server.mails
    assert b"\r\nTo: qa@example.net\r\n" in mail.content
    assert b"\r\nX-Original-To: ann@example.com, bob@example.org\r\n" in mail.content
    assert not rig.tools.read_all(rig.topics.suppressions)


def test_recipients_in_other_domains_are_refused_one_by_one(rig: Rig) -> None:
    with rig.service(EMAIL_ALLOW_DOMAINS="example.com") as service:
        service.wait_ready()
        (mixed,) = rig.results(flat(1, to=RECIPIENTS))
        (none,) = rig.results(flat(2, to=RECIPIENTS[1:]))

    assert mixed["status"] == "delivered"
    assert [each["status"] for each in mixed["recipients"]] == ["delivered", "dead"]
    assert ("dead", "policy") == (none["status"], none["error_kind"])
    assert none["reply"] == "example.org is not among EMAIL_ALLOW_DOMAINS"
    assert rig.relay.recipients == RECIPIENTS[:1]
    letters = rig.tools.wait_for_records(rig.topics.dlq, 2)
    assert dict(letters[0].headers)["mail-recipients"] == b'["bob@example.org"]'


def test_rules_of_the_operator_s_decide_and_are_read_again_at_sighup(
    rig: Rig, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname = "hold"\npattern = "on hold"\nkind = "content"\n')
    rig.relay.server.always("RCPT", Say("450 4.2.1 mailbox on hold"))
    with rig.service(SMTP_RULES=str(rules)) as service:
        service.wait_ready()
        (first,) = rig.results(flat(1))
        assert ("dead", "content") == (first["status"], first["error_kind"])
        matches = 'mailer_reply_rule_matches_total{rule="hold"}'
        assert service.metric(matches) == 1

        rules.write_text("[[rule]]\nkind = 1\n")
        service.process.send(signal.SIGHUP)
        service.wait_for(service.issues, "health tells of the wrong file")
        assert "rule 1: pattern: missing" in service.issues()["rules_refused"]
        (second,) = rig.results(flat(2))
        assert second["error_kind"] == "content"

        rules.write_text('[[rule]]\ncode = 450\nkind = "sender"\n')
        service.process.send(signal.SIGHUP)
        service.wait_for(lambda: not service.issues(), "the new rules hold")
        (third,) = rig.results(flat(3))
        assert third["error_kind"] == "sender"


def test_wrong_rules_are_a_wrong_setting(rig: Rig, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\npattern = "(a+)+"\nkind = "content"\n')
    with rig.service(SMTP_RULES=str(rules)) as service:
        assert service.wait(20) == 2
    assert "SMTP_RULES=" in service.output
    assert "rule 1: pattern: repeats what itself repeats" in service.output
