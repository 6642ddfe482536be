"""The rows of the classification table in words, for the documentation and the command line."""

from __future__ import annotations

from typing import Final

from app.domain.outcome import ErrorKind
from app.domain.smtp import Phase
from app.outcomes.rules import BARE, LOST, TABLE, Rule

_PHASES: Final = {
    Phase.MAIL: "MAIL",
    Phase.RCPT: "RCPT",
    Phase.DATA: "DATA",
    Phase.BODY: "message",
    Phase.FINAL: "final dot",
}
_DEAD: Final = "dead"
_FOLLOWS: Final = {
    ErrorKind.CONNECTION: "next retry; the connection is closed",
    ErrorKind.AMBIGUOUS: "next retry, though it may have arrived; `SMTP_ON_AMBIGUOUS`",
    ErrorKind.RELAY_AUTH: "waits, never dead; the breaker opens",
    ErrorKind.RATE_LIMITED: "waits once, then next retry; the relay rests",
    ErrorKind.TEMPORARY: "next retry",
    ErrorKind.RECIPIENT: _DEAD,
    ErrorKind.POLICY: _DEAD,
    ErrorKind.CONTENT: _DEAD,
    ErrorKind.SENDER: "dead, and an error in the log: the operator has to act",
}


def number(rule: Rule) -> int:
    """The row's number in the documentation."""
    return next(index for index, each in enumerate(TABLE, 1) if each is rule)


def when(rule: Rule) -> str:
    """The phases that a row is for."""
    held = {phase for phase in Phase if phase in rule.phases}
    if held == set(Phase):
        return "any"
    if held == {Phase.AUTH}:
        return "AUTH"
    if held.isdisjoint(_PHASES):
        return "before MAIL"
    if held == set(_PHASES):
        return "from MAIL on"
    return ", ".join(name for phase, name in _PHASES.items() if phase in held)


def signal(rule: Rule) -> str:
    """What a row asks of the reply."""
    parts = [_codes(rule)]
    if rule.enhanced is not None:
        parts.append(" or ".join(sorted(map(_enhanced, rule.enhanced), key=_by_number)))
    if rule.text is not None:
        parts.append(f"*{rule.text.name}*")
    if rule.unless is not None:
        parts.append(f"unless *{rule.unless.name}*")
    if rule.idle:
        parts.append("and the relay took nothing for a minute")
    return ", ".join(parts)


def follows(rule: Rule) -> str:
    """What becomes of the recipients."""
    if when(rule) == "before MAIL":
        return "waits, no attempt is counted"
    if LOST in rule.codes and rule.kind is ErrorKind.CONNECTION:
        return "next retry; before MAIL it waits"
    return follows_kind(rule.kind, suppress=rule.suppress, rest_s=rule.rest_s)


def follows_kind(kind: ErrorKind, *, suppress: bool = False, rest_s: float | None = None) -> str:
    """The same for any reply of that kind."""
    text = _FOLLOWS[kind]
    if rest_s is not None and kind is ErrorKind.RATE_LIMITED:
        text += f" for {rest_s:g} s"
    if suppress:
        text += "; the address is suppressed"
    return text


def _codes(rule: Rule) -> str:
    held = [code for code in range(1, 600) if code in rule.codes]
    if LOST in rule.codes:
        return "none: lost, or timed out"
    if len(held) == len(range(1, 600)):
        return "any"
    for hundred in (4, 5):
        block = set(range(hundred * 100, hundred * 100 + 100))
        if len(held) > len(block) / 2 and block.issuperset(held):
            but = ", ".join(map(str, sorted(block.difference(held))))
            return f"{hundred}xx but {but}" if but else f"{hundred}xx"
    return ", ".join(map(str, held))


def _enhanced(code: str) -> str:
    return "no enhanced code" if code == BARE else code


def _by_number(code: str) -> list[int]:
    return [int(part) if part.isdecimal() else -1 for part in code.split(".")]
