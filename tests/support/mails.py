"""Messages for the tests, in both shapes of the wire contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

SENDER = "shop@example.com"


def flat(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"flat-{number}",
        "from": SENDER,
        "to": f"flat-{number}@example.com",
        "subject": f"Message {number}",
        "text": f"This is message {number}.",
        **fields,
    }


def recipients(numbers: Iterable[int]) -> list[str]:
    """To whom the flat messages of these numbers go."""
    return [f"flat-{number}@example.com" for number in numbers]


def envelope(number: int, **fields: Any) -> dict[str, Any]:
    """As the Go service's producers write it, zero values included."""
    return {
        "type": "password_reset",
        "message": {
            "id": f"envelope-{number}",
            "from": SENDER,
            "to": f"envelope-{number}@example.com",
            "subject": "",
            "template": "password_reset",
            "data": {"Name": "Ann", "Link": f"https://example.com/reset/{number}"},
            "priority": "normal",
            "timestamp": "2026-01-01T00:00:00Z",
            "retry_count": 0,
            "max_retries": 3,
            "status": "pending",
            "error_msg": "",
            **fields,
        },
    }
