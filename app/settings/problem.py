"""What is wrong with the settings, told all at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from typing_extensions import override

from app.domain.errors import MailerError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_VALUE = 100


class Source(StrEnum):
    """Where a value is from, the strongest first."""

    RUNNING = "changed while running"
    FLAG = "flag"
    ENVIRONMENT = "environment"
    DOTENV = ".env"
    SECRET_FILE = "secret file"  # noqa: S105  # a kind of source
    PROFILE = "profile"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Given:
    """One value as text, and where it stands; `where` is a flag, a path or a profile's name."""

    text: str = field(repr=False)
    source: Source
    where: str = ""

    @override
    def __str__(self) -> str:
        return f"{self.source} {self.where}".rstrip()


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong setting. `value` is None when it is secret or absent, `field` "" when unknown."""

    variable: str
    reason: str
    value: str | None = None
    origin: str = ""
    allowed: str = ""
    field: str = ""

    @override
    def __str__(self) -> str:
        value = "" if self.value is None else f"={shown(self.value)}"
        origin = f" ({self.origin})" if self.origin else ""
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{self.variable}{value}{origin}: {self.reason}{allowed}"


def shown(value: str) -> str:
    """A value in quotes, on one line, not endless; nothing of a key given by mistake."""
    if "PRIVATE KEY" in value:
        return '"a private key"'
    cut = value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "..."
    return '"' + "".join(c if c.isprintable() else "?" for c in cut) + '"'


class InvalidSettings(MailerError):
    """Settings that cannot be used, each of them named (exit code 2)."""

    def __init__(self, problems: Sequence[Problem], notices: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        self.notices = tuple(notices)
        count = len(self.problems)
        head = "1 setting is wrong" if count == 1 else f"{count} settings are wrong"
        super().__init__("\n".join([f"{head}:", *(f"  {each}" for each in self.problems)]))
