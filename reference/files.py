"""Every file that is made, or has places that are, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reference.check import check
from reference.commands import PAGE as COMMANDS
from reference.commands import commands_page, schemas
from reference.dashboards.files import dashboards
from reference.faults import faults
from reference.issues import issues
from reference.logs import logs
from reference.marks import filled
from reference.metrics import metrics
from reference.replies import replies
from reference.settings import env_example, settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Whole files.
MADE: Final[dict[str, Callable[[], str]]] = {
    ".env.example": env_example,
    "docs/settings.md": settings,
    COMMANDS: commands_page,
    **schemas(),
    **dashboards(),
}
# Pages that others write, with places for what is made, by the name in their marks.
FILLED: Final[dict[str, Callable[[], dict[str, str]]]] = {
    "docs/check.md": lambda: {"faults": check()},
    "docs/operations.md": lambda: {"issues": issues()},
    "docs/mail.md": lambda: {"replies": replies(), **faults()},
    "docs/logs.md": logs,
    "docs/metrics.md": lambda: {"metrics": metrics()},
}


def current(project: Path) -> dict[str, str]:
    """By its path within the project, each file's text as it should be now."""
    texts = {name: make() for name, make in MADE.items()}
    for name, make in FILLED.items():
        text = (project / name).read_text(encoding="utf-8")
        for place, made in make().items():
            text = filled(text, place, made)
        texts[name] = text
    return texts


def stale(project: Path) -> list[str]:
    """The files that are missing or not what they should be."""
    return [
        name
        for name, text in current(project).items()
        if not (project / name).is_file() or (project / name).read_text(encoding="utf-8") != text
    ]


def write(project: Path) -> None:
    """Write them all."""
    for name, text in current(project).items():
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
