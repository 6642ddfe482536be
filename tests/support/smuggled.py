"""A second mail hidden in a first one, in every way in which a careless server may be misled."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from tests.support.asked import attached, composed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.domain.smtp import Composed

LINE_ENDS: Final = {"CRLF": "\r\n", "LF": "\n", "CR": "\r", "LFCR": "\n\r"}
VICTIM: Final = "victim@example.com"


def _second_mail(before: str, after: str) -> str:
    """Behind what ends a message where `before` and `after` each count as a line end."""
    said = (
        "",
        "MAIL FROM:<eve@example.com>",
        f"RCPT TO:<{VICTIM}>",
        "DATA",
        "Subject: smuggled",
        "",
        "Pay here",
        ".",
        "QUIT",
        "",
    )
    return f"Hello{before}." + after.join(said)


PAYLOADS: Final = {
    f"{first} . {second}": _second_mail(LINE_ENDS[first], LINE_ENDS[second])
    for first, second in product(LINE_ENDS, repeat=2)
}
BREAKS: Final = {
    **PAYLOADS,
    **{name: f"a{end}b" for name, end in LINE_ENDS.items()},
    "header": "a\r\nBcc: victim@example.com",
    "body": "a\r\n\r\nPay here",
    **{f"U+{ord(char):04X}": f"a{char}b" for char in "\0\x0b\x0c\x1c\x85\u2028\u2029"},
}

# An end of the message to the most careless reader there is.
ANY_END: Final = re.compile(rb"(?:\r\n|\r|\n)\.(?=\r|\n)")
BARE: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")

PLACES: Final[Mapping[str, Callable[[str], Mapping[str, Any]]]] = {
    "text": lambda payload: {"text": payload},
    "html": lambda payload: {"html": payload},
    "template data": lambda payload: {
        "template": "notification",
        "subject": "Hello",
        "data": {"title": "Hello", "body": payload},
    },
    "attached file": lambda payload: {"text": "", "attachments": [attached(payload.encode())]},
    "attached text": lambda payload: {
        "text": "",
        "attachments": [attached(payload.encode(), content_type="text/plain")],
    },
    "attached mail": lambda payload: {
        "text": "",
        "attachments": [attached(payload.encode(), content_type="message/rfc822")],
    },
}
"""Where a message may say what it likes."""


def with_payload(place: str, name: str) -> Composed:
    """A message that has the payload of this name there."""
    fields = {"to": "ann@example.com", "subject": "Hello", **PLACES[place](PAYLOADS[name])}
    return composed(f"{place}, {name}", fields)
