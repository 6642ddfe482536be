"""The runs so far, a line for each scenario."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.verdict import Report

COLUMNS = (
    "runs",
    "mails",
    "faults",
    "lost",
    "duplicates",
    "worst of a kill",
    "its bound",
    "mails/s",
    "longest pause",
    "failed",
)


def table(runs: Sequence[tuple[str, int, Report]]) -> Table:
    """Of (scenario, strikes, report)."""
    shown = Table("scenario")
    for column in COLUMNS:
        shown.add_column(column, justify="right")
    by_name: dict[str, list[tuple[int, Report]]] = defaultdict(list)
    for name, strikes, report in runs:
        by_name[name].append((strikes, report))
    for name, of_it in by_name.items():
        reports = [report for _, report in of_it]
        harms = [report.worst for report in reports if report.worst is not None]
        worst = max(harms, key=lambda harm: harm.duplicates / harm.bound, default=None)
        mails, seconds = sum(each.mails for each in reports), sum(each.seconds for each in reports)
        shown.add_row(
            name,
            str(len(of_it)),
            str(mails),
            str(sum(strikes for strikes, _ in of_it)),
            str(sum(len(report.lost) for report in reports)),
            str(sum(report.duplicates for report in reports)),
            str(worst.duplicates) if worst else "-",
            str(worst.bound) if worst else "-",
            f"{mails / seconds:.0f}" if seconds else "-",
            f"{max(report.pause_s for report in reports):.1f} s",
            str(sum(bool(report.faults()) for report in reports)),
        )
    return shown
