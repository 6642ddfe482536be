"""From the reply that decides a recipient to the verdict on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from app.domain.outcome import ErrorKind, Verdict
from app.domain.smtp import Phase
from app.outcomes.rules import BARE, LOST, PERMANENT, TABLE, TOO_MANY_CONNECTIONS, Rule
from app.outcomes.stated_delay import stated_delay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.reply_rule import ReplyRule
    from app.domain.smtp import RecipientReply, Reply

OnAmbiguous: TypeAlias = Literal["retry", "dead"]

_MAY_STATE_A_DELAY: Final = frozenset({ErrorKind.RATE_LIMITED, ErrorKind.TEMPORARY})


class Judgement(NamedTuple):
    """A verdict and what it is from: a rule of the operator's, a row, or None for a delivery."""

    verdict: Verdict
    decided_by: ReplyRule | Rule | None


class Judge:
    """Judges with the operator's rules, and tells which of them decided.

    `rules` may be replaced at any time. `on_ambiguous`: whether a loss after the last octet is
    retried, at the risk of a duplicate, or given up.
    """

    def __init__(
        self,
        rules: Sequence[ReplyRule] = (),
        *,
        on_ambiguous: OnAmbiguous = "retry",
        decided: Callable[[ReplyRule], None] | None = None,
    ) -> None:
        self.rules = rules
        self._on_ambiguous: OnAmbiguous = on_ambiguous
        self._decided = decided

    def __call__(
        self, reply: RecipientReply, *, relay: str, accepted_lately: bool = True
    ) -> Verdict:
        """See `judgement`."""
        verdict, decided_by = judgement(
            reply,
            rules=self.rules,
            relay=relay,
            accepted_lately=accepted_lately,
            on_ambiguous=self._on_ambiguous,
        )
        if self._decided and decided_by is not None and not isinstance(decided_by, Rule):
            self._decided(decided_by)
        return verdict


def judge(
    reply: RecipientReply,
    *,
    accepted_lately: bool = True,
    on_ambiguous: OnAmbiguous = "retry",
) -> Verdict:
    """Judge one recipient by the table in `rules` alone; see `judgement`."""
    return judgement(reply, accepted_lately=accepted_lately, on_ambiguous=on_ambiguous).verdict


def judgement(
    reply: RecipientReply,
    *,
    rules: Sequence[ReplyRule] = (),
    relay: str = "",
    accepted_lately: bool = True,
    on_ambiguous: OnAmbiguous = "retry",
) -> Judgement:
    """Judge one recipient by the first of the operator's rules that matches, else by the table.

    `accepted_lately`: the relay has accepted something in the last minute; where it has not,
    a refusal to relay speaks of the relay, not of the message. `on_ambiguous`: see `Judge`.
    """
    said = reply.reply
    if said is not None and 200 <= said.code < 300 and reply.phase is Phase.FINAL:
        return Judgement(Verdict(reply.address, None, reply=said), None)
    if said is not None:
        for own in rules:
            if own.matches(reply.phase, said, relay):
                return Judgement(_by_own(own, reply, said), own)
    rule = _matching(reply.phase, said, accepted_lately=accepted_lately)
    delay = None
    if said is not None and rule.kind in _MAY_STATE_A_DELAY:
        delay = rule.rest_s or stated_delay(said.text)
    verdict = Verdict(
        reply.address,
        rule.kind,
        permanent=rule.kind in PERMANENT
        or (rule.kind is ErrorKind.AMBIGUOUS and on_ambiguous == "dead"),
        reply=said,
        detail=reply.detail or ("" if said else f"no reply in phase {reply.phase}"),
        delay_s=delay,
        suppress=rule.suppress and _classes_agree(said),
    )
    return Judgement(verdict, rule)


def _by_own(rule: ReplyRule, reply: RecipientReply, said: Reply) -> Verdict:
    delay = None
    if rule.kind in _MAY_STATE_A_DELAY:
        delay = stated_delay(said.text) if rule.delay_s is None else rule.delay_s
    return Verdict(
        reply.address,
        rule.kind,
        permanent=rule.kind in PERMANENT,
        reply=said,
        detail=reply.detail,
        delay_s=delay,
        suppress=rule.suppress,
    )


def too_many_connections(reply: Reply) -> bool:
    """Whether a limit speaks of the number of connections, not of the rate of messages."""
    return TOO_MANY_CONNECTIONS.found_in(reply.text)


def _matching(phase: Phase, said: Reply | None, *, accepted_lately: bool) -> Rule:
    code = LOST if said is None else said.code
    text = "" if said is None else said.text
    exact, subject = _enhanced(said)
    return next(
        rule
        for rule in TABLE
        if phase in rule.phases
        and code in rule.codes
        and (rule.enhanced is None or exact in rule.enhanced or subject in rule.enhanced)
        and not (rule.idle and accepted_lately)
        and (rule.text is None or rule.text.found_in(text))
        and not (rule.unless is not None and rule.unless.found_in(text))
    )


def _enhanced(said: Reply | None) -> tuple[str, str]:
    """The enhanced code under the three-digit code's class, and the same as `c.s.x`."""
    parts = (said.enhanced or "").split(".") if said is not None else ()
    if said is None or len(parts) != 3:
        return BARE, BARE
    subject = f"{said.code // 100}.{parts[1]}"
    return f"{subject}.{parts[2]}", f"{subject}.x"


def _classes_agree(said: Reply | None) -> bool:
    return said is not None and (said.enhanced or "")[:1] == str(said.code)[:1]
