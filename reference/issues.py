"""The table of issues in docs/operations.md, made from their definitions."""

from __future__ import annotations

from app.ops.issues import DEFINITIONS
from reference.markdown import table


def issues() -> str:
    """A row for each issue that health can name."""
    return table(
        ("code", "severity", "what it means", "what to do"),
        [
            (f"`{code}`", each.severity, each.meaning, each.action)
            for code, each in DEFINITIONS.items()
        ],
    )
