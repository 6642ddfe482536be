"""The tables of docs/logs.md, made from the events' definitions and from the code itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import app
from app.telemetry import events
from reference.markdown import escaped, table
from reference.said import audited, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable

PACKAGE: Final = Path(app.__file__).parent


def logs() -> dict[str, str]:
    """By the name of the place where each stands."""
    return {
        "frame": _table(("field", "meaning"), _coded(events.FRAME)),
        "mail": _table(("event", "when"), _coded(events.MAIL)),
        "mail fields": _table(("field", "meaning"), _coded(events.MAIL_FIELDS)),
        "named": _table(
            ("event", "what it is"),
            [
                ("`pool.stats`", events.POOL_STATS),
                (", ".join(f"`{name}`" for name in audited(PACKAGE)), events.ADMIN),
            ],
        ),
        "lines": _table(
            ("logger", "level", "event"),
            [(f"`{each.logger}`", each.level, each.text) for each in lines_of(PACKAGE)],
        ),
    }


def _coded(meanings: dict[str, str]) -> Iterable[tuple[str, str]]:
    return ((f"`{name}`", meaning) for name, meaning in meanings.items())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return table(head, [tuple(escaped(cell) for cell in row) for row in rows])
