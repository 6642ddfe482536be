"""All settings as users see them, read off the model."""

from __future__ import annotations

from functools import cache
from typing import cast

from app.settings.kinds import Hidden, Kind
from app.settings.model import Settings
from app.settings.option import Details, Option


@cache
def options() -> tuple[Option, ...]:
    """Every setting, in the order of the model."""
    made = []
    for name, field in Settings.model_fields.items():
        kind = next(each for each in field.metadata if isinstance(each, Kind))
        extra = cast("dict[str, object]", field.json_schema_extra)
        made.append(
            Option(
                field=name,
                kind=kind,
                default=field.default,
                help=field.description or "",
                details=cast("Details", extra["details"]),
                secret=isinstance(kind, Hidden),
            )
        )
    return tuple(made)


def option(field: str) -> Option:
    """The setting of that field of the model; KeyError."""
    return _by_field()[field]


@cache
def _by_field() -> dict[str, Option]:
    return {each.field: each for each in options()}
