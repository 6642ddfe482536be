"""The file of `SMTP_RULES`: what operators know better about a relay's replies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from app.domain.outcome import ErrorKind
from app.domain.reply_rule import FROM_MAIL, ReplyRule
from app.domain.smtp import Phase
from app.settings.files import read_value, why_unreadable
from app.settings.kinds import Duration, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_RULES: Final = 200
_LONGEST_NAME: Final = 60
_LONGEST_WAIT_S: Final = 86_400.0
_LONGEST_REST_S: Final = 3_600.0  # a relay is asked again after this, whatever it says

KINDS: Final = (
    ErrorKind.TEMPORARY,
    ErrorKind.RATE_LIMITED,
    ErrorKind.RECIPIENT,
    ErrorKind.POLICY,
    ErrorKind.CONTENT,
    ErrorKind.SENDER,
    ErrorKind.RELAY_AUTH,
)
_WAITING: Final = {
    ErrorKind.TEMPORARY: _LONGEST_WAIT_S,
    ErrorKind.RATE_LIMITED: _LONGEST_REST_S,
}
_PHASES: Final = tuple(str(each) for each in Phase if each in FROM_MAIL)


@dataclass(frozen=True, slots=True)
class RulesFile(Kind):
    """A path to a file of rules, which is read to see whether it can be; gives the path."""

    metavar = "FILE"
    allowed = "the path of a TOML file with [[rule]] tables, as docs/mail.md describes"

    @override
    def parse(self, text: str) -> Path:
        path = Path(text).expanduser()
        read_rules(path)
        return path


def read_rules(path: Path) -> tuple[ReplyRule, ...]:
    """The file's rules in their order; ValueError with everything that is wrong with them."""
    import tomllib  # noqa: PLC0415 - of no use to any --help

    try:
        tables = _tables(tomllib.loads(read_value(path)))
    except OSError as error:
        raise ValueError(why_unreadable(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {error}") from None
    except RecursionError:
        raise ValueError("not TOML that can be read: nested too deep") from None
    rules, problems = [], []
    for number, table in enumerate(tables, 1):
        reading = _Reading(number, table)
        rules.append(reading.rule())
        problems += reading.problems
    problems += _same_names(rules)
    if problems:
        raise ValueError("; ".join(problems))
    return tuple(rules)


def _tables(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if unknown := document.keys() - {"rule"}:
        raise ValueError(f"{min(unknown)!r} is unknown; allowed: [[rule]] tables")
    tables = document.get("rule")
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise ValueError("has no [[rule]] table")
    if len(tables) > MOST_RULES:
        raise ValueError(f"{len(tables)} rules; allowed: at most {MOST_RULES}")
    return tables


def _same_names(rules: list[ReplyRule]) -> list[str]:
    numbers: dict[str, int] = {}
    problems = []
    for number, rule in enumerate(rules, 1):
        if (first := numbers.setdefault(rule.name, number)) != number:
            problems.append(f"rule {number}: name: that of rule {first} too")
    return problems


class _Reading:
    """One table; `problems` fills with what is wrong, field by field."""

    def __init__(self, number: int, table: Mapping[str, Any]) -> None:
        self._number = number
        self._table = table
        self.problems: list[str] = []

    def rule(self) -> ReplyRule:
        """With anything in the place of what is wrong."""
        for name in sorted(self._table.keys() - _FIELDS):
            self._wrong(name, f"unknown; allowed: {', '.join(_FIELDS)}")
        if self._table.keys().isdisjoint({"pattern", "code", "enhanced"}):
            self._wrong("pattern", "missing; needed: pattern, code or enhanced")
        kind = self._take("kind", _kind) or ErrorKind.TEMPORARY
        if "kind" not in self._table:
            self._wrong("kind", f"missing; allowed: {', '.join(KINDS)}")
        delay = self._take("delay", lambda value: _delay(value, kind))
        suppress = self._take("suppress", _truth) or False
        if suppress and kind is not ErrorKind.RECIPIENT:
            self._wrong("suppress", f"only with kind = {str(ErrorKind.RECIPIENT)!r}")
        return ReplyRule(
            name=self._take("name", _name) or f"rule {self._number}",
            kind=kind,
            phases=self._take("phase", _phases) or FROM_MAIL,
            codes=self._take("code", _codes),
            enhanced=self._take("enhanced", _enhanced),
            text=self._take("pattern", _pattern),
            relay=self._take("relay", _name),
            delay_s=delay,
            suppress=suppress,
        )

    def _take(self, name: str, read: Callable[[Any], Any]) -> Any:
        if name not in self._table:
            return None
        try:
            return read(self._table[name])
        except ValueError as error:
            self._wrong(name, str(error))
            return None

    def _wrong(self, name: str, reason: str) -> None:
        self.problems.append(f"rule {self._number}: {name}: {reason}")


_FIELDS: Final = (
    "name",
    "pattern",
    "code",
    "enhanced",
    "phase",
    "relay",
    "kind",
    "delay",
    "suppress",
)


def _kind(value: object) -> ErrorKind:
    if value not in set(map(str, KINDS)):
        raise ValueError(f"unknown; allowed: {', '.join(KINDS)}")
    return ErrorKind(str(value))


def _delay(value: object, kind: ErrorKind) -> float:
    longest = _WAITING.get(kind)
    if longest is None:
        raise ValueError(f"of no use with kind = {str(kind)!r}")
    try:
        return float(Duration(at_most=longest).parse(str(value)))
    except ValueError as error:
        raise ValueError(f"{error}; allowed: {Duration(at_most=longest).allowed}") from None


def _truth(value: object) -> bool:
    if value is True or value is False:
        return value
    raise ValueError("allowed: true or false")


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value.strip():
        raise ValueError("allowed: printable text")
    if len(value) > _LONGEST_NAME:
        raise ValueError(f"longer than {_LONGEST_NAME} characters")
    return value.strip()


def _pattern(value: object) -> re.Pattern[str]:
    # Imported when there is one: the parser of expressions is not needed by any --help.
    from app.settings.expressions import expression  # noqa: PLC0415

    if isinstance(value, str):
        return expression(value)
    raise ValueError("allowed: a regular expression as text")


def _several(value: object) -> list[object]:
    several = value if isinstance(value, list) else [value]
    if not several:
        raise ValueError("an empty list")
    return several


def _codes(value: object) -> frozenset[int]:
    codes = _several(value)
    if not all(type(each) is int and 400 <= each < 600 for each in codes):
        raise ValueError("allowed: a number from 400 to 599, or a list of them")
    return frozenset(each for each in codes if isinstance(each, int))


def _enhanced(value: object) -> frozenset[str]:
    codes = _several(value)
    if not all(
        isinstance(each, str) and re.fullmatch(r"|[45]\.\d{1,3}\.(\d{1,3}|x)", each, re.ASCII)
        for each in codes
    ):
        raise ValueError('allowed: "5.7.1", "5.7.x" or "" (the reply has none), or a list of them')
    return frozenset(map(str, codes))


def _phases(value: object) -> frozenset[Phase]:
    names = _several(value)
    if not all(each in _PHASES for each in names):
        raise ValueError(f"unknown; allowed: {', '.join(_PHASES)}, or a list of them")
    return frozenset(Phase(str(each)) for each in names)
