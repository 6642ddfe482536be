"""A look at a record that need not be valid: whatever of it can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain import wire
from app.domain.addresses import parse_address
from app.domain.errors import InvalidMessage
from app.domain.glimpse import Glimpse
from app.intake.documents import read_document, read_shape
from app.intake.events import read_event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.record import Record

_RECIPIENTS: Final = ("to", "cc", "bcc")


def glimpse(record: Record) -> Glimpse:
    """Its id, type and recipients as far as they can be told; never raises."""
    headers = dict(record.headers)
    label = headers.get(wire.TYPE)
    fallback = label.decode(errors="replace") if label else None
    if record.value is None:
        return Glimpse(type=fallback)
    try:
        document = read_document(record.value, len(record.value))
        event = read_event(document, headers)
        shape = read_shape(document if event is None else event.data)
    except InvalidMessage:
        return Glimpse(type=fallback)
    outer = (None, None) if event is None else (event.id.value, event.type.value)
    return Glimpse(
        id=_first_text(shape.fields.get("id"), outer[0]),
        type=_first_text(shape.type, shape.fields.get("type"), outer[1], fallback),
        recipients=tuple(
            dict.fromkeys(
                spec for name in _RECIPIENTS for spec in _readable(shape.fields.get(name))
            )
        ),
    )


def _first_text(*given: object) -> str | None:
    return next((each for each in given if isinstance(each, str) and each), None)


def _readable(value: object) -> Iterable[str]:
    for each in value if isinstance(value, list) else [value]:
        try:
            yield parse_address(each, "").spec
        except InvalidMessage:
            continue
