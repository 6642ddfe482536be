"""Decoding a Kafka record into the message that it asks for (DESIGN 3.1)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.domain import wire
from app.domain.addresses import mask_address
from app.domain.errors import InvalidMessage
from app.intake.documents import read_document, read_shape
from app.intake.events import read_event
from app.intake.fields import whole
from app.intake.messages import (
    BODIES,
    KNOWN_FIELDS,
    Frame,
    read_message,
    read_priority,
    read_type,
)
from app.intake.trail import read_trail

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.domain.job import Trail
    from app.domain.message import Address, Message
    from app.domain.record import Record

log = logging.getLogger(__name__)

# Names that producers invent are remembered, to be told of once; not endlessly many.
MOST_UNKNOWN: Final = 100

_FIELDS_OF_ENVELOPE: Final = frozenset({"type", "message"})
_NO_HEADERS: Final[Mapping[str, bytes]] = {}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """`ttl`: seconds of life by message type, counted from the time a message was first seen."""

    max_bytes: int
    ttl: Mapping[str, float] = field(default_factory=dict)


class Decoded(NamedTuple):
    """`recipients` are those of this attempt: all of the message's, or those that remain."""

    message: Message
    trail: Trail
    recipients: tuple[Address, ...]


class Decoder:
    """Validates records; keeps nothing of them but the names of fields it does not know."""

    def __init__(self, config: DecoderConfig) -> None:
        self._config = config
        self._unknown: set[str] = set()

    @property
    def unknown_fields(self) -> tuple[str, ...]:
        """Names seen that the contract does not have, sorted; at most 100, each shortened."""
        return tuple(sorted(self._unknown))

    def decode(self, record: Record) -> Decoded:
        """`InvalidMessage` for whatever can never be sent, naming the field; nothing else."""
        document = read_document(record.value, self._config.max_bytes)
        # Of several headers of a name the last counts, as everywhere in Kafka.
        headers = dict(record.headers) if record.headers else _NO_HEADERS
        event = read_event(document, headers)
        if event is not None:
            document = event.data
        shape = read_shape(document)
        if not KNOWN_FIELDS.issuperset(shape.fields):
            self._note(shape.fields.keys() - KNOWN_FIELDS)
        if shape.enveloped and not _FIELDS_OF_ENVELOPE.issuperset(document):
            self._note(document.keys() - _FIELDS_OF_ENVELOPE)
        fields = _present(shape.fields, enveloped=shape.enveloped)
        retries = fields.get("retry_count")
        attempts = 0 if retries is None else whole(retries, "retry_count")
        trail = read_trail(record, attempts=attempts)
        label = read_type(shape.type or fields.get("type"), headers.get(wire.TYPE), event)
        priority = read_priority(fields.get("priority"), headers.get(wire.PRIORITY))
        frame = Frame(trail.origin, label, priority, self._end_of_life(label, trail), event)
        message = read_message(fields, frame)
        return Decoded(message, trail, _remaining(message, trail))

    def _end_of_life(self, label: str | None, trail: Trail) -> datetime | None:
        ttl = self._config.ttl.get(label) if label is not None else None
        # Kafka's -1: the record has no timestamp.
        if ttl is None or trail.first_seen_ms < 0:
            return None
        try:
            return _EPOCH + timedelta(milliseconds=trail.first_seen_ms, seconds=ttl)
        except OverflowError:
            return None

    def _note(self, names: Collection[str]) -> None:
        for name in names:
            shown = ascii(name[:60])[1:-1]
            if shown not in self._unknown and len(self._unknown) < MOST_UNKNOWN:
                self._unknown.add(shown)
                log.info("ignoring the field %s, which the wire contract does not have", shown)


def _present(given: Mapping[str, Any], *, enveloped: bool) -> dict[str, Any]:
    """What is given: neither null nor the empty string in which Go writes what is not.

    An empty body is meant where it stands alone; an envelope has all of its fields, always.
    """
    bodies = () if enveloped else BODIES
    return {
        name: value
        for name, value in given.items()
        if value is not None and (value != "" or name in bodies)
    }


def _remaining(message: Message, trail: Trail) -> tuple[Address, ...]:
    everybody = message.recipients
    if trail.recipients is None:
        return everybody
    by_spec = {address.spec: address for address in everybody}
    for spec in trail.recipients:
        if spec not in by_spec:
            reason = f"names an address that the message does not ({mask_address(spec)})"
            raise InvalidMessage(f"header {wire.MAIL_RECIPIENTS}", reason)
    return tuple(by_spec[spec] for spec in trail.recipients)
