"""The tables of docs/metrics.md, made from the definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.telemetry.metrics.catalogue import CATALOGUE
from reference.markdown import table

if TYPE_CHECKING:
    from app.telemetry.metrics.definition import Definition


def metrics(prefix: str = "mailer") -> str:
    """A section for each part of the service, a row for each metric."""
    return "\n\n".join(
        f"## {title}\n\n"
        + table(
            ("metric", "kind", "labels", "what it says"),
            [_row(each, prefix) for each in definitions],
        )
        for title, definitions in CATALOGUE.items()
    )


def _row(each: Definition, prefix: str) -> tuple[str, ...]:
    labels = ", ".join(f"`{label}`" for label in each.labels)
    return f"`{prefix}_{each.series}`", str(each.kind), labels, each.help
