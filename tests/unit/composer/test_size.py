"""What each part of a message counts for before it is composed; `test_structure` has the whole."""

from __future__ import annotations

from typing import Any

import pytest

from app.composer.size import data_size, estimate
from app.domain.message import Address, Attachment, Message

ANN = Address("ann", "example.com", "Ann")
ALONE = 2048


def attached(content: bytes, name: str = "", content_type: str = "text/csv") -> dict[str, Any]:
    return {"attachments": (Attachment(name, content_type, content),)}


@pytest.mark.parametrize(
    ("part", "counts"),
    [
        ({}, 0),
        ({"subject": "x" * 10}, 120),
        *(({name: (ANN,)}, 100 + 4 * 3 + 11 + 12 * 3) for name in ("to", "cc", "reply_to")),
        ({"bcc": (ANN,)}, 0),
        ({"headers": {"X-A": "four", "X-B": ""}}, 100 + 3 + 12 * 4 + 100 + 3),
        # As base64, which is the longest that any text gets, each line end as two octets.
        *(({name: "a" * 57}, 2048 + 78) for name in ("text", "html")),
        ({"text": "a" * 55 + "\n"}, 2048 + 78),
        *(({"text": "a" * 56 + end}, 2048 + 84) for end in "\n\r"),
        ({"text": "é" * 28 + "a"}, 2048 + 78),
        ({"text": "é" * 29}, 2048 + 84),
        ({"text": "\ud800" * 19}, 2048 + 78),
        ({"text": ""}, 0),
        (attached(b"x" * 57), 2048 + 78),
        (attached(b"\n\r" * 27 + b"xyz"), 2048 + 78),
        (attached(b"", "report.pdf"), 2048 + 200),
        # A mail is not encoded, but its line ends are mended.
        (attached(b"\n\r\r" + b"x" * 54, content_type="Message/RFC822"), 2048 + 78 + 3),
        (attached(b"\n", content_type="message/"), 2048 + 6 + 1),
        (attached(b"\n", content_type="messages/x"), 2048 + 6),
    ],
)
def test_each_part_counts(part: dict[str, Any], counts: int) -> None:
    assert ALONE + counts == estimate(Message(**{"id": "m-1", "to": (), **part}))


def test_data_counts_its_texts_and_a_few_for_everything_else() -> None:
    data = {"a": "xyz", "b": ["12", {"c": "3", "d": [[]]}], "e": 5, "f": None, "g": True}
    assert 3 + 2 + 1 + 3 * 20 == data_size(data)
