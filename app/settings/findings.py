"""What rules between settings find."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.settings.options import option
from app.settings.problem import Given, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.settings.model import Settings


@dataclass(slots=True)
class Findings:
    """Collected rule by rule over settings that are right by themselves."""

    settings: Settings
    given: Mapping[str, Given]
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        return getattr(self.settings, name) is not None

    def wrong(self, name: str, reason: str) -> None:
        each, value = option(name), self.given.get(name)
        text = None if each.secret or value is None else value.text
        self.problems.append(Problem(each.name, reason, text, str(value or ""), field=name))

    def said(self, name: str) -> str:
        """`EMAIL_WORKERS_MAX (5, profile constrained)`, for mention in another's reason."""
        each, value = option(name), self.given.get(name)
        if value is None:
            return f"{each.variable} ({each.default}, default)"
        return f"{each.variable} ({value.text}, {value})"
