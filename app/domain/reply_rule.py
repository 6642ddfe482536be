"""A rule of the operator's own for what a relay says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.smtp import Phase

if TYPE_CHECKING:
    import re

    from app.domain.outcome import ErrorKind
    from app.domain.smtp import Reply

SEARCHED: Final = 300
"""Characters of a reply that `text` is searched in, which bounds the time that it takes."""

FROM_MAIL: Final = frozenset({Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.BODY, Phase.FINAL})
"""Before MAIL a reply is the relay's trouble, whatever it says."""


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """What has to match, and what follows; None matches anything.

    `enhanced` holds codes as the relay writes them, `5.7.x` for a whole subject, "" for a reply
    without one. `text` is searched for in the first `SEARCHED` characters of the reply's words.
    `delay_s` replaces the wait that the reply states. `name` is how metrics call the rule.
    """

    name: str
    kind: ErrorKind
    phases: frozenset[Phase] = FROM_MAIL
    codes: frozenset[int] | None = None
    enhanced: frozenset[str] | None = None
    text: re.Pattern[str] | None = None
    relay: str | None = None
    delay_s: float | None = None
    suppress: bool = False

    def matches(self, phase: Phase, reply: Reply, relay: str) -> bool:
        """Whether the rule speaks of this refusal by this relay; of nothing but a refusal ever."""
        return (
            400 <= reply.code < 600
            and phase in self.phases
            and (self.codes is None or reply.code in self.codes)
            and (self.relay is None or self.relay == relay)
            and (self.enhanced is None or not self.enhanced.isdisjoint(_spellings(reply)))
            and (self.text is None or self.text.search(reply.text[:SEARCHED]) is not None)
        )


def _spellings(reply: Reply) -> tuple[str, ...]:
    """`5.7.500`, `5.7.x`, and the same under the three-digit code's class where that differs."""
    if not reply.enhanced:
        return ("",)
    class_, _, rest = reply.enhanced.partition(".")
    subject = rest.partition(".")[0]
    return tuple(
        f"{each}.{tail}" for each in {class_, str(reply.code)[0]} for tail in (rest, f"{subject}.x")
    )
