"""Records as Kafka hands them over, for tests of what reads them."""

from __future__ import annotations

import json
from typing import Any, Final

from app.domain.record import Headers, Record

APPENDED_MS: Final = 1_763_800_000_000

FLAT: Final[dict[str, Any]] = {
    "id": "order-17",
    "to": "ann@example.com",
    "subject": "Hello",
    "text": "Hello Ann",
}
ENVELOPE: Final[dict[str, Any]] = {
    "type": "password_reset",
    "message": {
        "id": "reset-17",
        "from": "shop@example.com",
        "to": "ann@example.com",
        "subject": "",
        "template": "password-reset",
        "data": {"name": "Ann", "link": "https://example.com/r/17"},
        "priority": "high",
        "timestamp": "2025-11-22T08:00:00Z",
        "retry_count": 0,
        "max_retries": 3,
        "status": "pending",
        "error_msg": "",
    },
}

# As producers with a CloudEvents library write it, an extension attribute among the rest.
EVENT: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "event-17",
    "source": "/shop/orders",
    "type": "order.placed",
    "time": "2025-11-22T08:00:00Z",
    "datacontenttype": "application/json",
    "tenant": "north",
}


def record(
    value: bytes | None, headers: Headers = (), *, timestamp_ms: int = APPENDED_MS
) -> Record:
    """The 17th of partition 3 of `email-queue`."""
    return Record("email-queue", 3, 17, timestamp_ms, b"key", value, headers)


def json_record(document: object, headers: Headers = ()) -> Record:
    return record(json.dumps(document).encode(), headers)


def flat(*with_headers: tuple[str, bytes], **fields: object) -> Record:
    """`FLAT` with some fields set otherwise; an Ellipsis leaves one out."""
    return json_record(_with(FLAT, fields), with_headers)


def enveloped(*with_headers: tuple[str, bytes], **fields: object) -> Record:
    """As `flat` for the message within `ENVELOPE`."""
    return json_record({**ENVELOPE, "message": _with(ENVELOPE["message"], fields)}, with_headers)


def event(data: object = ..., **attributes: object) -> dict[str, Any]:
    """A structured CloudEvents event about `data`; an Ellipsis leaves an attribute out."""
    document = {**EVENT, "data": data, **attributes}
    return {name: value for name, value in document.items() if value is not ...}


def binary_event(data: object, **attributes: str | None) -> Record:
    """The same with the attributes in headers; None leaves one out."""
    given = {**EVENT, **attributes}
    headers = ((f"ce_{name}", value.encode()) for name, value in given.items() if value is not None)
    return json_record(data, tuple(headers))


def _with(fields: dict[str, Any], others: dict[str, object]) -> dict[str, object]:
    renamed = {name.removesuffix("_"): value for name, value in others.items()}
    return {name: value for name, value in {**fields, **renamed}.items() if value is not ...}
