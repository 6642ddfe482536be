"""What a look at the set-up finds, and how the kinds of faults are defined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Area(StrEnum):
    """What is looked at, in the order in which it is told."""

    SETTINGS = "settings"
    BROKERS = "brokers"
    RIGHTS = "rights"
    TOPICS = "topics"
    GROUP = "group"
    RELAYS = "relays"
    DOMAINS = "domains"
    TEMPLATES = "templates"
    STATE = "state"


class Verdict(StrEnum):
    """PROBLEM: mail is not sent, or may be lost. WARNING: it is worth a look."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `code` names the fault, empty where all is well.

    `unreachable`: a server that the service needs gave no answer.
    """

    area: Area
    subject: str
    verdict: Verdict
    words: str
    why: str = ""
    mend: str = ""
    code: str = ""
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault. `words` and `mend` have places in braces for what `found` is given."""

    area: Area
    code: str
    verdict: Verdict
    words: str
    why: str
    mend: str
    unreachable: bool = False

    def found(self, subject: str, **places: object) -> Finding:
        """This fault, at a subject."""
        return Finding(
            self.area,
            subject,
            self.verdict,
            self.words.format(subject=subject, **places),
            self.why.format(subject=subject, **places),
            self.mend.format(subject=subject, **places),
            self.code,
            self.unreachable,
        )


def well(area: Area, subject: str, words: str) -> Finding:
    """Nothing is wrong with it."""
    return Finding(area, subject, Verdict.OK, words)
