"""Rules of the operator's come before the table."""

from __future__ import annotations

import re

import pytest

from app.domain.outcome import ErrorKind, Verdict
from app.domain.reply_rule import ReplyRule
from app.domain.smtp import Phase, RecipientReply, Reply
from app.outcomes import Judge, judgement
from app.outcomes.rules import TABLE

HOLD = ReplyRule(
    "hold", ErrorKind.TEMPORARY, text=re.compile("on hold", re.IGNORECASE), delay_s=900.0
)


def said(text: str, code: int = 550, phase: Phase = Phase.RCPT) -> RecipientReply:
    return RecipientReply("a@example.com", phase, Reply(code, "5.1.1", text))


def test_the_first_rule_that_matches_decides() -> None:
    later = ReplyRule("later", ErrorKind.POLICY, codes=frozenset({550}))

    verdict, decided_by = judgement(said("On hold"), rules=(HOLD, later))

    assert decided_by is HOLD
    assert (ErrorKind.TEMPORARY, 900.0) == (verdict.kind, verdict.delay_s)
    assert not verdict.permanent
    assert not verdict.suppress


def test_the_table_decides_where_no_rule_matches() -> None:
    verdict, decided_by = judgement(said("unknown"), rules=(HOLD,))

    assert (ErrorKind.RECIPIENT, True) == (verdict.kind, verdict.suppress)
    assert decided_by in TABLE


def test_nothing_decides_on_a_delivery() -> None:
    every = ReplyRule("every", ErrorKind.POLICY)

    _, decided_by = judgement(said("Ok", 250, Phase.FINAL), rules=(every,))

    assert decided_by is None


@pytest.mark.parametrize("kind", [ErrorKind.POLICY, ErrorKind.CONNECTION])
def test_a_wait_belongs_to_what_is_temporary(kind: ErrorKind) -> None:
    rule = ReplyRule("mine", kind, delay_s=900.0)
    heard = Reply(450, "4.7.1", "try again in 30 seconds")

    verdict, _ = judgement(RecipientReply("a@example.com", Phase.RCPT, heard, "s"), rules=(rule,))

    permanent = kind is ErrorKind.POLICY
    assert Verdict("a@example.com", kind, permanent, reply=heard, detail="s") == verdict


def test_a_rule_of_one_relay_says_nothing_of_another() -> None:
    mine = ReplyRule("mine", ErrorKind.POLICY, relay="a")
    judge = Judge((mine,))

    kinds = [judge(said("unknown"), relay=relay).kind for relay in ("a", "b")]

    assert [ErrorKind.POLICY, ErrorKind.RECIPIENT] == kinds


def test_the_judge_knows_what_was_accepted_lately_and_what_doubt_means() -> None:
    denied = RecipientReply("a@example.com", Phase.RCPT, Reply(554, None, "Relay access denied"))
    lost = RecipientReply("a@example.com", Phase.FINAL, None)
    judge = Judge(on_ambiguous="dead")

    assert ErrorKind.POLICY == judge(denied, relay="a").kind
    assert ErrorKind.RELAY_AUTH == judge(denied, relay="a", accepted_lately=False).kind
    assert judge(lost, relay="a").permanent
    assert not Judge()(lost, relay="a").permanent


def test_a_rule_may_suppress_and_end() -> None:
    gone = ReplyRule("gone", ErrorKind.RECIPIENT, codes=frozenset({450}), suppress=True)

    verdict, _ = judgement(said("x", 450), rules=(gone,))

    assert verdict.permanent
    assert verdict.suppress


def test_the_wait_that_the_relay_states_holds_where_the_rule_has_none() -> None:
    busy = ReplyRule("busy", ErrorKind.RATE_LIMITED, codes=frozenset({554}))

    verdict, _ = judgement(said("try again in 30 seconds", 554), rules=(busy,))

    assert verdict.delay_s == 30


@pytest.mark.parametrize("phase", [Phase.RCPT, Phase.FINAL])
def test_a_loss_is_never_a_rule_s(phase: Phase) -> None:
    every = ReplyRule("every", ErrorKind.POLICY)

    _, decided_by = judgement(RecipientReply("a@example.com", phase, None), rules=(every,))

    assert decided_by is not every


def test_the_judge_tells_which_rule_decided_and_takes_new_ones() -> None:
    told: list[str] = []
    judge = Judge(decided=lambda rule: told.append(rule.name))

    before = judge(said("on hold"), relay="a")
    judge.rules = (HOLD,)
    after = judge(said("on hold"), relay="a")

    assert (ErrorKind.RECIPIENT, ErrorKind.TEMPORARY) == (before.kind, after.kind)
    assert told == ["hold"]
