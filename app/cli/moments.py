"""Durations and times as flags."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from typing_extensions import override

from app.settings.quantities import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable


class DurationType(click.ParamType[float]):
    """Seconds."""

    name = "DURATION"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_duration(str(value))
        except ValueError:
            self.fail(f"{value!r} is no duration like 500ms, 30s, 5m, 2h or 1d", param, ctx)


class MomentType(click.ParamType[int]):
    """Epoch milliseconds, from a duration back from now or a time with a zone."""

    name = "WHEN"

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        text = str(value)
        try:
            return max(0, self._clock() - math.ceil(parse_duration(text) * 1000))
        except (ValueError, OverflowError):
            pass
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"{text!r} is neither a duration like 2h or 1d nor a time like "
                "2026-01-31T12:00:00Z",
                param,
                ctx,
            )
        # Of a time without a zone we cannot know whose it is; the results say UTC.
        return max(0, round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000))
