"""A look at a record that need not be valid: whatever of it can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain import wire
from app.domain.addresses import parse_address
from app.domain.errors import InvalidMessage
from app.domain.glimpse import Glimpse
from app.intake.documents import read_document, read_shape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.record import Record

_RECIPIENTS: Final = ("to", "cc", "bcc")


def glimpse(record: Record) -> Glimpse:
    """Its id, type and recipients as far as they can be told; never raises."""
    label = dict(record.headers).get(wire.TYPE)
    fallback = label.decode(errors="replace") if label else None
    if record.value is None:
        return Glimpse(type=fallback)
    try:
        shape = read_shape(read_document(record.value, len(record.value)))
    except InvalidMessage:
        return Glimpse(type=fallback)
    given = shape.type or shape.fields.get("type") or fallback
    mail_id = shape.fields.get("id")
    return Glimpse(
        id=mail_id if isinstance(mail_id, str) and mail_id else None,
        type=given if isinstance(given, str) else fallback,
        recipients=tuple(
            dict.fromkeys(
                spec for name in _RECIPIENTS for spec in _readable(shape.fields.get(name))
            )
        ),
    )


def _readable(value: object) -> Iterable[str]:
    for each in value if isinstance(value, list) else [value]:
        try:
            yield parse_address(each, "").spec
        except InvalidMessage:
            continue
