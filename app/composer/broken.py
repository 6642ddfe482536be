"""A template that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class BrokenTemplate:
    """What is wrong with a file, and in which line where that is known."""

    file: str
    line: int | None
    reason: str

    @override
    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        return f"{place}: {self.reason}"


class TemplateBroken(Exception):
    """Carries what is wrong."""

    def __init__(self, broken: BrokenTemplate) -> None:
        super().__init__(str(broken))
        self.broken = broken
