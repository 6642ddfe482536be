"""How long an entry counts, as its flags say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from app.settings.quantities import parse_duration


def until_ms(until: str | None, duration: str | None) -> int | None:
    """Epoch milliseconds of `--until` or `--for`, None for ever; raises `click.UsageError`."""
    if until is not None and duration is not None:
        raise click.UsageError("--until and --for say the same; give one of them.")
    if duration is not None:
        moment = _after(duration)
    elif until is not None:
        moment = _at(until)
    else:
        return None
    if moment <= datetime.now(UTC):
        raise click.UsageError("This entry would be over already.")
    return round(moment.timestamp() * 1000)


def _after(text: str) -> datetime:
    try:
        return datetime.now(UTC) + timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(
            f"{error}; allowed: a duration, such as 12h, 30d", param_hint="--for"
        ) from None


def _at(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.BadParameter(
            "not a time; allowed: RFC 3339 with a zone, such as 2030-01-31T08:00:00Z",
            param_hint="--until",
        )
    return moment
