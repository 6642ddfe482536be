"""The operator's file of rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.outcome import ErrorKind
from app.domain.smtp import Phase, Reply
from app.settings.reply_rules import read_rules

if TYPE_CHECKING:
    from app.domain.reply_rule import ReplyRule


def rules(folder: Path, text: str) -> tuple[ReplyRule, ...]:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path)


def test_a_rule_holds_all_that_may_be_said(tmp_path: Path) -> None:
    (rule,) = rules(
        tmp_path,
        """
        [[rule]]
        name = "on hold"
        pattern = "mailbox .{0,20}on hold"
        code = [550, 554]
        enhanced = "5.2.x"
        phase = ["rcpt", "final"]
        relay = "ses"
        kind = "temporary"
        delay = "15m"
        """,
    )

    assert ("on hold", ErrorKind.TEMPORARY, 900.0) == (rule.name, rule.kind, rule.delay_s)
    said = Reply(550, "5.2.1", "Your MAILBOX is on hold")
    assert rule.matches(Phase.RCPT, said, "ses")
    assert not rule.matches(Phase.DATA, said, "ses")
    assert not rule.matches(Phase.RCPT, said, "other")
    assert not rule.matches(Phase.RCPT, Reply(551, "5.2.1", said.text), "ses")
    assert not rule.matches(Phase.RCPT, Reply(550, "5.1.1", said.text), "ses")
    assert not rule.matches(Phase.RCPT, Reply(550, "5.2.1", "no"), "ses")


def test_a_rule_may_say_as_little_as_a_code_and_a_kind(tmp_path: Path) -> None:
    first, second = rules(
        tmp_path,
        """
        [[rule]]
        code = 554
        kind = "sender"
        [[rule]]
        enhanced = ""
        kind = "recipient"
        suppress = true
        """,
    )

    assert ("rule 1", "rule 2") == (first.name, second.name)
    assert all(first.matches(phase, Reply(554), "any") for phase in (Phase.MAIL, Phase.FINAL))
    assert not first.matches(Phase.GREETING, Reply(554), "any")
    assert second.suppress
    assert second.matches(Phase.RCPT, Reply(550, None, "x"), "any")
    assert not second.matches(Phase.RCPT, Reply(550, "5.0.0", "x"), "any")


def test_nothing_but_a_refusal_is_ever_matched(tmp_path: Path) -> None:
    (rule,) = rules(tmp_path, '[[rule]]\npattern = "queued"\nkind = "policy"')

    assert not rule.matches(Phase.FINAL, Reply(250, "2.0.0", "queued"), "any")
    assert rule.matches(Phase.FINAL, Reply(550, "5.0.0", "queued"), "any")


def test_a_rule_sees_the_beginning_of_a_reply_only(tmp_path: Path) -> None:
    (rule,) = rules(tmp_path, '[[rule]]\npattern = "end"\nkind = "policy"')

    assert rule.matches(Phase.FINAL, Reply(550, None, " " * 297 + "end"), "any")
    assert not rule.matches(Phase.FINAL, Reply(550, None, " " * 298 + "end"), "any")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no [[rule]] table"),
        ("rule = 1", "has no [[rule]] table"),
        ("[[rules]]", "'rules' is unknown; allowed: [[rule]] tables"),
        ("[[rule", "not TOML: "),
        (
            '[[rule]]\nkind = "policy"',
            "rule 1: pattern: missing; needed: pattern, code or enhanced",
        ),
        ("[[rule]]\ncode = 550", "rule 1: kind: missing; allowed: temporary, rate_limited, "),
        ('[[rule]]\ncode = 550\nkind = "soft"', "rule 1: kind: unknown; allowed: temporary"),
        ('[[rule]]\ncode = 550\nkind = "bug"', "rule 1: kind: unknown; allowed: temporary"),
        ('[[rule]]\ncode = 250\nkind = "policy"', "rule 1: code: allowed: a number from 400"),
        ('[[rule]]\ncode = true\nkind = "policy"', "rule 1: code: allowed: a number from 400"),
        ('[[rule]]\ncode = []\nkind = "policy"', "rule 1: code: an empty list"),
        ('[[rule]]\nenhanced = "x"\nkind = "policy"', 'rule 1: enhanced: allowed: "5.7.1"'),
        (
            '[[rule]]\ncode = 550\nphase = "ehlo"\nkind = "policy"',
            "rule 1: phase: unknown; allowed: mail, rcpt, data, body, final",
        ),
        (
            '[[rule]]\ncode = 550\nkind = "policy"\ndelay = "1m"',
            "rule 1: delay: of no use with kind = 'policy'",
        ),
        (
            '[[rule]]\ncode = 450\nkind = "rate_limited"\ndelay = "2h"',
            "rule 1: delay: too long; allowed: a duration above 0, at most 3600 s",
        ),
        (
            '[[rule]]\ncode = 550\nkind = "policy"\nsuppress = true',
            "rule 1: suppress: only with kind = 'recipient'",
        ),
        ('[[rule]]\ncode = 550\nkind = "policy"\nretry = 1', "rule 1: retry: unknown; allowed: na"),
        ('[[rule]]\npattern = "(x"\nkind = "policy"', "rule 1: pattern: is no regular expression"),
        (
            '[[rule]]\npattern = 5\nkind = "policy"',
            "rule 1: pattern: allowed: a regular expression",
        ),
        ('[[rule]]\npattern = "(a+)+"\nkind = "policy"', "rule 1: pattern: repeats what itself"),
        (
            '[[rule]]\nname = "a"\ncode = 550\nkind = "policy"\n' * 2,
            "rule 2: name: that of rule 1 too",
        ),
    ],
)
def test_what_is_wrong_is_named_by_rule_and_field(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}"):
        rules(tmp_path, text)


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"rule 1: kind: .*; rule 2: code: "):
        rules(tmp_path, '[[rule]]\ncode = 550\n[[rule]]\ncode = 1\nkind = "policy"')


def test_the_example_of_the_documentation_can_be_used(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/mail.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]

    first, second = rules(tmp_path, example)

    assert ("unverified sender", ErrorKind.SENDER) == (first.name, first.kind)
    assert first.matches(Phase.FINAL, Reply(554, None, "Email address is not verified"), "any")
    assert (ErrorKind.RATE_LIMITED, 600.0) == (second.kind, second.delay_s)


@pytest.mark.parametrize("text", ["x = " + "[" * 20_000, "\x00", "x" * 70_000])
def test_whatever_the_file_holds_is_said_to_be_wrong(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"TOML|64 KiB"):
        rules(tmp_path, text)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        read_rules(tmp_path / "none.toml")
