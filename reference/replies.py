"""The table of replies in docs/mail.md, and the words that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.outcomes import rules
from app.outcomes.rule_words import follows, signal, when
from reference.markdown import table

if TYPE_CHECKING:
    from app.outcomes.rules import Words

_NAMED: Final = (
    rules.GREYLISTED,
    rules.THROTTLED,
    rules.DAILY_QUOTA,
    rules.TOO_MANY_CONNECTIONS,
    rules.RELAYING_DENIED,
    rules.UNKNOWN_USER,
    rules.OF_THE_SENDER,
)


def replies() -> str:
    """In Markdown, the first row that fits first."""
    rows = [
        (str(row), when(rule), signal(rule), f"`{rule.kind}`", follows(rule))
        for row, rule in enumerate(rules.TABLE, 1)
    ]
    return "\n".join(
        [
            table(("row", "when", "reply", "kind", "what happens"), rows),
            "",
            "Words are searched for in any case, as these regular expressions:",
            "",
            *map(_expression, _NAMED),
        ]
    )


def _expression(words: Words) -> str:
    return f"- *{words.name}*: `{words.pattern.pattern}`"
