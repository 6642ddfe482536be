"""Attachments of a record: one line each for names and types, content decoded.

What a content type or content id may look like is the composer's to say.
"""

from __future__ import annotations

from typing import Any, Final

from app.domain.errors import InvalidMessage
from app.domain.message import Attachment
from app.intake.fields import entries, header_text, mapping, octets

MOST: Final = 100
LONGEST_NAME: Final = 255
LONGEST_TYPE: Final = 500
LONGEST_ID: Final = 255

_UNKNOWN: Final = "application/octet-stream"
DISPOSITIONS: Final = ("attachment", "inline")


def read_attachments(value: object, field: str) -> tuple[Attachment, ...]:
    return tuple(
        _attachment(mapping(each, f"{field}[{index}]"), f"{field}[{index}]")
        for index, each in enumerate(entries(value, field, MOST))
    )


def _attachment(given: dict[str, Any], field: str) -> Attachment:
    disposition = given.get("disposition") or "attachment"
    if disposition not in DISPOSITIONS:
        raise InvalidMessage(f"{field}.disposition", "must be attachment or inline")
    return Attachment(
        filename=_line(given, field, "filename", LONGEST_NAME) or "",
        content_type=_line(given, field, "content_type", LONGEST_TYPE) or _UNKNOWN,
        content=octets(given.get("content"), f"{field}.content"),
        disposition=disposition,
        content_id=_line(given, field, "content_id", LONGEST_ID),
    )


def _line(given: dict[str, Any], field: str, name: str, longest: int) -> str | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    return header_text(value, f"{field}.{name}", longest)
