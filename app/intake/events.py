"""CloudEvents 1.0 around a message: the JSON format, and Kafka's binary mode with `ce_` headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.domain.errors import InvalidMessage
from app.intake.documents import RECIPIENTS, parse_document
from app.intake.fields import octets

if TYPE_CHECKING:
    from collections.abc import Mapping

SPEC_VERSION: Final = "specversion"
DATA: Final = "data"
DATA_BASE64: Final = "data_base64"

_PREFIX: Final = "ce_"
_CONTENT_TYPE: Final = "content-type"
_STRUCTURED: Final = "application/cloudevents"
VERSION: Final = re.compile(r"1(\.[0-9]{1,9})?")


class Attribute(NamedTuple):
    """What an event says of itself, and the name by which its producer knows it."""

    value: object
    field: str

    @property
    def given(self) -> bool:
        return self.value is not None and self.value != ""


class Event(NamedTuple):
    """`data` is the message in either shape; `id` and `type` stand in for those it lacks."""

    data: dict[str, Any]
    id: Attribute
    type: Attribute


def read_event(document: dict[str, Any], headers: Mapping[str, bytes]) -> Event | None:
    """The event that a record is, None when it is none.

    Known by `specversion`: producers often leave the content type out. A record that has
    recipients of its own is a message, whatever else it has.
    """
    declared = headers.get(_CONTENT_TYPE) or b""
    if declared[: len(_STRUCTURED)].lower() == _STRUCTURED.encode() or (
        document.get(SPEC_VERSION) is not None and RECIPIENTS.isdisjoint(document)
    ):
        _require_version(Attribute(document.get(SPEC_VERSION), SPEC_VERSION))
        return Event(
            _data(document),
            Attribute(document.get("id"), "id"),
            Attribute(document.get("type"), "type"),
        )
    if f"{_PREFIX}{SPEC_VERSION}" in headers:
        _require_version(_of_header(headers, SPEC_VERSION))
        return Event(document, _of_header(headers, "id"), _of_header(headers, "type"))
    return None


def _of_header(headers: Mapping[str, bytes], name: str) -> Attribute:
    value = headers.get(f"{_PREFIX}{name}")
    text = None if value is None else value.decode(errors="replace")
    return Attribute(text, f"header {_PREFIX}{name}")


def _require_version(version: Attribute) -> None:
    if not version.given:
        raise InvalidMessage(version.field, "is required in a CloudEvents event")
    if not isinstance(version.value, str) or not VERSION.fullmatch(version.value):
        raise InvalidMessage(version.field, "must be 1.0: other CloudEvents cannot be read")


def _data(document: Mapping[str, Any]) -> dict[str, Any]:
    data, encoded = document.get(DATA), document.get(DATA_BASE64)
    if data is None and encoded is None:
        raise InvalidMessage(DATA, "is required: the message that the event is about")
    if data is not None and encoded is not None:
        raise InvalidMessage(DATA_BASE64, "must not stand beside data")
    if encoded is not None:
        return parse_document(octets(encoded, DATA_BASE64), DATA_BASE64)
    if not isinstance(data, dict):
        raise InvalidMessage(DATA, "must be an object: the message that the event is about")
    return data
