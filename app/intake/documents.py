"""From a record's bytes to the message's fields, whichever shape the producer gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

VALUE: Final = "value"
DEEPEST: Final = 64

RECIPIENTS: Final = frozenset(("to", "cc", "bcc"))
_BOM: Final = b"\xef\xbb\xbf"


def read_document(value: bytes | None, max_bytes: int) -> dict[str, Any]:
    """The JSON object in a record's value; `InvalidMessage` says why there is none."""
    if value is None:
        raise InvalidMessage(VALUE, "is null (a tombstone)")
    if len(value) > max_bytes:
        reason = f"has {len(value)} bytes, more than the {max_bytes} of EMAIL_MAX_BYTES"
        raise InvalidMessage(VALUE, reason)
    return parse_document(value, VALUE)


def parse_document(value: bytes, field: str) -> dict[str, Any]:
    """The JSON object that these bytes are; `field` names them when they are none."""
    value = value.removeprefix(_BOM)
    if not value:
        raise InvalidMessage(field, "is empty")
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise InvalidMessage(field, _why(value, error)) from None
    if not isinstance(document, dict):
        raise InvalidMessage(field, "is JSON, but not an object")
    # Only so many levels can be where so many brackets are; most records have a handful.
    if value.count(b"{") + value.count(b"[") > DEEPEST and _is_deep(document):
        raise InvalidMessage(field, f"is nested deeper than {DEEPEST} levels")
    return document


class Shape(NamedTuple):
    """The message's fields, and the type that its envelope gives."""

    fields: Mapping[str, Any]
    type: object = None
    enveloped: bool = False


def read_shape(document: Mapping[str, Any]) -> Shape:
    """An object under `message` makes an envelope, unless the record has recipients itself."""
    inner = document.get("message")
    if inner is None or not RECIPIENTS.isdisjoint(document):
        return Shape(document)
    if not isinstance(inner, dict):
        raise InvalidMessage("message", "must be an object")
    return Shape(inner, document.get("type"), enveloped=True)


def _why(value: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        value.decode()
    except UnicodeDecodeError as broken:
        return f"is not UTF-8 (at byte {broken.start})"
    # The parser's words at its own limit of 1024 levels, and for a value cut short deep inside.
    if "depth" in error.msg or "memory" in error.msg:
        return f"is nested deeper than {DEEPEST} levels"
    return f"is not JSON: {error.msg[:100]} (line {error.lineno}, column {error.colno})"


def _is_deep(document: dict[str, Any]) -> bool:
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
