"""What a run came to, as text or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from app import __version__
from app.cli.shown import counted, harmless
from app.cli.tables import Column, print_table
from app.cli.terminal import styled

if TYPE_CHECKING:
    from app.cli.bench.figures import Figures, Latency

_MOST_REASONS: Final = 3


def show(figures: Figures) -> None:
    """For people: figures, where the time went, and what to change."""
    full = figures.full
    click.echo(
        f"{styled(f'{_number(full.per_second)} mails/s', bold=True)} to {figures.relay}, "
        f"{_number(full.cpu_us)} µs of processor time a mail, {full.resident_mb:.0f} MB resident"
    )
    click.echo(
        f"{counted(full.mails, 'mail')} in {full.seconds:.1f} s: "
        f"{counted(figures.workers, 'worker')} busy {figures.busy:.0%} of the time, "
        f"{full.cpu:.0%} of a core used"
    )
    if figures.steady is not None:
        click.echo()
        _show_latency(figures.steady)
    click.echo()
    _show_spent(figures)
    if figures.failed:
        click.echo()
        _show_failed(figures)
    click.echo()
    click.echo(styled("What to change", bold=True))
    for each in figures.advice:
        click.echo(f"  {harmless(each.text)}")
        click.echo(f"  → {each.action}")


def document(figures: Figures) -> str:
    """For programs: seconds, mails a second, milliseconds, as their names say."""
    full, steady = figures.full, figures.steady
    found: dict[str, Any] = {
        "version": __version__,
        "kafka": figures.kafka,
        "relay": figures.relay,
        "workers": figures.workers,
        "full_load": {
            "mails": full.mails,
            "seconds": round(full.seconds, 3),
            "mails_per_second": round(full.per_second, 1),
            "cpu_us_per_mail": round(full.cpu_us, 1),
            "cores_used": round(full.cpu, 3),
            "machine_used": None if full.machine is None else round(full.machine, 3),
            "workers_busy": round(figures.busy, 3),
            "resident_mb": round(full.resident_mb, 1),
            "spent_ms": _rounded(figures.spent_full),
        },
        "steady": None
        if steady is None
        else {
            "mails": steady.mails,
            "mails_per_second": round(steady.rate, 1),
            "latency_ms": steady.ms,
            "mean_ms": round(steady.mean_ms, 2),
            "spent_ms": _rounded(figures.spent_steady),
        },
        "delivered": figures.delivered,
        "not_delivered": figures.failed,
        "advice": [
            {
                "cause": each.cause,
                "text": each.text,
                "action": each.action,
                "setting": each.setting,
            }
            for each in figures.advice
        ],
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _show_latency(steady: Latency) -> None:
    click.echo(
        f"At {_number(steady.rate)} mails/s, from produced to the relay's final reply "
        f"({counted(steady.mails, 'mail')})"
    )
    told = "   ".join(f"{name} {ms:.0f} ms" for name, ms in steady.ms.items())
    click.echo(f"  {told}")


def _show_spent(figures: Figures) -> None:
    """Names that only one of the two has are the other's unknowns."""
    names = list(dict.fromkeys([*figures.spent_steady, *figures.spent_full]))
    rate = _number(figures.steady.rate) if figures.steady else "a steady rate"
    columns = [
        Column("A mail's time, ms"),
        Column(f"at {rate}/s" if figures.steady else rate, whole=True, right=True),
        Column("at full load", whole=True, right=True),
    ]
    rows = [
        (name, _ms(figures.spent_steady.get(name)), _ms(figures.spent_full.get(name)))
        for name in names
    ]
    print_table(columns, rows)


def _show_failed(figures: Figures) -> None:
    most = sorted(figures.failed.items(), key=lambda each: -each[1])
    for why, count in most[:_MOST_REASONS]:
        click.echo(f"{counted(count, 'mail')} not delivered: {harmless(why)}")
    if len(most) > _MOST_REASONS:
        click.echo(f"and {counted(len(most) - _MOST_REASONS, 'other reason')}")


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _rounded(spent: Any) -> dict[str, float]:
    return {name: round(ms, 3) for name, ms in spent.items()}
