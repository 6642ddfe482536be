"""The mails of the demo, one of every kind, and how each should end."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.cli.demo.picture import banner_png

if TYPE_CHECKING:
    from datetime import datetime

SENDER = "Demo Shop <shop@example.com>"
GREYLISTED = "greylisted@example.com"
UNKNOWN = "nobody@example.com"
SCHEDULED_S = 5
RETRY_DELAYS = "2s,4s"


@dataclass(frozen=True, slots=True)
class Scene:
    """One record for the queue. `kind`: the error that it must end with, None for delivered.

    `retried` tells that it must have come back through a retry tier.
    """

    title: str
    value: dict[str, Any]
    kind: str | None = None
    retried: bool = False
    waits_until: datetime | None = None


def scenario(now: datetime) -> tuple[Scene, ...]:
    """All scenes; `now` is what the scheduled one counts from."""
    later = now + timedelta(seconds=SCHEDULED_S)
    return (
        Scene(
            "Scheduled",
            {
                "to": "ann@example.com",
                "subject": "Right on time",
                "text": f"This mail was to wait until {later:%H:%M:%S} UTC.",
                "send_at": later.isoformat(),
            },
            waits_until=later,
        ),
        Scene(
            "Text",
            {"to": "ann@example.com", "subject": "Hello", "text": "A text, and nothing else.\n"},
        ),
        Scene("HTML, picture, attachment", _letter()),
        Scene(
            "Unicode, high priority, bcc",
            {
                "to": ["Zoë <zoe@example.com>", {"name": "李雷", "address": "lei@example.com"}],
                "cc": "Jürgen <juergen@bücher.example>",
                "bcc": "audit@example.com",
                "subject": "Grüße aus Zürich, 你好, здравствуйте",
                "text": "Umlaute äöü, Ελληνικά, 日本語 and עברית arrive as they were written.\n",
                "priority": "high",
            },
        ),
        *_templates(),
        Scene(
            "Greylisted at first",
            {"to": GREYLISTED, "subject": "Second try", "text": "It came back for this one.\n"},
            retried=True,
        ),
        Scene(
            "Unknown recipient",
            {"to": UNKNOWN, "subject": "For nobody", "text": "No such mailbox.\n"},
            kind="recipient",
        ),
        Scene(
            "Header injection",
            {
                "to": "ann@example.com",
                "subject": "Hello\r\nBcc: everybody@example.com",
                "text": "Never leaves.\n",
            },
            kind="invalid_message",
        ),
    )


def _letter() -> dict[str, Any]:
    table = "item,quantity,price\nBook,2,12.00\nPen,1,3.50\n"
    return {
        "to": "Ben <ben@example.com>",
        "subject": "A letter with a picture",
        "text": "The same in plain words: a picture and a table come with this mail.\n",
        "html": '<div style="font-family: sans-serif; max-width: 480px">'
        '<img src="cid:banner" alt="" style="width: 100%; border-radius: 8px">'
        "<h1>A letter</h1><p>With a <b>picture</b> inside and a table attached.</p></div>",
        "attachments": [
            {
                "filename": "banner.png",
                "content_type": "image/png",
                "content": base64.b64encode(banner_png()).decode(),
                "disposition": "inline",
                "content_id": "banner",
            },
            {
                "filename": "Übersicht.csv",
                "content_type": "text/csv",
                "content": base64.b64encode(table.encode()).decode(),
            },
        ],
    }


def _templates() -> tuple[Scene, ...]:
    """Each built-in template once; the password reset in the envelope shape."""
    link = "https://shop.example.com/start?token=1f3c"
    return (
        Scene(
            "Template password-reset",
            {
                "type": "password_reset",
                "message": {
                    "id": "reset-1",
                    "from": SENDER,
                    "to": "ann@example.com",
                    "subject": "Reset your password",
                    "template": "password_reset",
                    "data": {"Name": "Ann", "Link": link},
                    "priority": "high",
                    "retry_count": 0,
                    "max_retries": 3,
                    "status": "pending",
                },
            },
        ),
        _template("welcome", {"name": "Ann", "link": link}),
        _template(
            "order-confirmation",
            {
                "name": "Ann",
                "order": "4711",
                "items": [
                    {"name": "Book", "quantity": 2, "price": "12.00"},
                    {"name": "Pen", "quantity": 1, "price": "3.50"},
                ],
                "total": "27.50",
            },
        ),
        _template("notification", {"title": "A new device", "body": "You signed in from a phone."}),
        _template("plain", {"subject": "Plain", "body": "The simplest of the templates."}),
    )


def _template(name: str, data: dict[str, Any]) -> Scene:
    return Scene(
        f"Template {name}", {"to": "ann@example.com", "template": name, "data": data, "type": name}
    )
