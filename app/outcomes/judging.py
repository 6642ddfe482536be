"""From the reply that decides a recipient to the verdict on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from app.domain.outcome import ErrorKind, Verdict
from app.domain.smtp import Phase
from app.outcomes.rules import BARE, LOST, PERMANENT, TABLE, TOO_MANY_CONNECTIONS, Rule
from app.outcomes.stated_delay import stated_delay

if TYPE_CHECKING:
    from app.domain.smtp import RecipientReply, Reply

_MAY_STATE_A_DELAY: Final = frozenset({ErrorKind.RATE_LIMITED, ErrorKind.TEMPORARY})


def judge(
    reply: RecipientReply,
    *,
    accepted_lately: bool = True,
    on_ambiguous: Literal["retry", "dead"] = "retry",
) -> Verdict:
    """Judge one recipient by the table in `rules`.

    `accepted_lately`: the relay has accepted something in the last minute; where it has not,
    a refusal to relay speaks of the relay, not of the message. `on_ambiguous`: whether a loss
    after the last octet is retried, at the risk of a duplicate, or given up.
    """
    said = reply.reply
    if said is not None and 200 <= said.code < 300 and reply.phase is Phase.FINAL:
        return Verdict(reply.address, None, reply=said)
    rule = _matching(reply.phase, said, accepted_lately=accepted_lately)
    delay = None
    if said is not None and rule.kind in _MAY_STATE_A_DELAY:
        delay = rule.rest_s or stated_delay(said.text)
    return Verdict(
        reply.address,
        rule.kind,
        permanent=rule.kind in PERMANENT
        or (rule.kind is ErrorKind.AMBIGUOUS and on_ambiguous == "dead"),
        reply=said,
        detail=reply.detail or ("" if said else f"no reply in phase {reply.phase}"),
        delay_s=delay,
        suppress=rule.suppress and _classes_agree(said),
    )


def too_many_connections(reply: Reply) -> bool:
    """Whether a limit speaks of the number of connections, not of the rate of messages."""
    return TOO_MANY_CONNECTIONS.search(reply.text) is not None


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
        and (rule.text is None or rule.text.search(text))
        and not (rule.unless is not None and rule.unless.search(text))
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
