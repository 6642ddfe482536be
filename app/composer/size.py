"""How large a message becomes, judged by its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.composer.bodies import base64_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.message import Message

# What the headers of a message, and those of each of its parts, take beside what is counted.
_HEADERS: Final = 2048
_PART: Final = 2048
# A character as encoded words, folds included: four octets in base64, and a frame for each 45.
_ENCODED: Final = 12
_OTHER_VALUE: Final = 20


def estimate(message: Message) -> int:
    """An upper bound of the composed size, without what a template gives."""
    size = _HEADERS + _ENCODED * len(message.subject or "")
    for address in (*message.to, *message.cc, *message.reply_to):
        size += 100 + 4 * len(address.local) + len(address.domain) + _ENCODED * len(address.name)
    for name, value in message.headers.items():
        size += 100 + len(name) + _ENCODED * len(value)
    for body in (message.text, message.html):
        if body:
            octets = len(body) if body.isascii() else len(body.encode("utf-8", "surrogatepass"))
            size += _PART + base64_size(octets + body.count("\n") + body.count("\r"))
    for attachment in message.attachments:
        size += _PART + 20 * len(attachment.filename) + base64_size(len(attachment.content))
        if attachment.content_type[:8].lower() == "message/":
            size += attachment.content.count(b"\n") + attachment.content.count(b"\r")
    return size


def data_size(data: Mapping[str, Any]) -> int:
    """Characters of the texts in it and a few for everything else, however deeply it is nested."""
    size = 0
    ahead: list[object] = [data]
    while ahead:
        value = ahead.pop()
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, dict):
            ahead += value.values()
        elif isinstance(value, list):
            ahead += value
        else:
            size += _OTHER_VALUE
    return size
