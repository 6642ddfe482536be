"""A message from its fields, each validated and named when it is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.domain import wire
from app.domain.addresses import parse_address, parse_addresses
from app.domain.errors import InvalidMessage
from app.domain.message import Message, MessagePriority
from app.intake.attachments import read_attachments
from app.intake.extra_headers import read_headers, read_unsubscribe
from app.intake.fields import entries, header_text, mapping, moment, pattern, string, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from app.domain.message import Address
    from app.domain.record import Origin
    from app.intake.events import Event

LONGEST_ID: Final = 200
LONGEST_SUBJECT: Final = 2000
LONGEST_TYPE: Final = 100
LONGEST_TAG: Final = 200
MOST_RECIPIENTS: Final = 1000
MOST_TAGS: Final = 100

BODIES: Final = ("text", "html")
KNOWN_FIELDS: Final = frozenset(
    {
        *("id", "type", "from", "envelope_from", "to", "cc", "bcc", "reply_to", "subject"),
        *("text", "html", "template", "data", "headers", "attachments", "priority", "send_at"),
        *("expires_at", "max_retries", "unsubscribe", "locale", "tags", "metadata"),
        # Where counting starts; and what the envelope's producers keep for themselves.
        *("retry_count", "status", "error_msg", "timestamp"),
    }
)

TEMPLATE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
LOCALE: Final = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
_PRIORITIES: Final = {each.value: each for each in MessagePriority}


class Frame(NamedTuple):
    """What is told of a message from outside it.

    `end` is its type's, where types have one; `event` what it came in, where it came in one.
    """

    origin: Origin
    type: str | None = None
    priority: MessagePriority = MessagePriority.NORMAL
    end: datetime | None = None
    event: Event | None = None


def read_message(fields: Mapping[str, Any], frame: Frame) -> Message:
    """`fields` holds what is given only; the defaulted id comes from the origin."""
    _require_content(fields)
    to, cc, bcc = _recipients(fields)
    identifier = _identifier(fields, frame.event)
    sender = fields.get("from")
    origin = frame.origin
    optional: dict[str, Any] = {
        name: _OPTIONAL[name](value, name) for name, value in fields.items() if name in _OPTIONAL
    }
    if frame.end is not None:
        optional["expires_at"] = min(frame.end, optional.get("expires_at") or frame.end)
    return Message(
        id=(
            identifier
            if identifier is not None
            else f"{origin.topic}-{origin.partition}-{origin.offset}"
        ),
        id_given=identifier is not None,
        sender=None if sender is None else parse_address(sender, "from"),
        to=to,
        cc=cc,
        bcc=bcc,
        priority=frame.priority,
        type=frame.type,
        **optional,
    )


def _identifier(fields: Mapping[str, Any], event: Event | None) -> str | None:
    """The message's own before its event's."""
    if "id" in fields:
        return header_text(fields["id"], "id", LONGEST_ID)
    if event is not None and event.id.given:
        return header_text(*event.id, LONGEST_ID)
    return None


def read_type(value: object, header: bytes | None, event: Event | None = None) -> str | None:
    """The message's label: its own before its event's, and that before its record's."""
    if value is not None:
        return header_text(value, "type", LONGEST_TYPE)
    if event is not None and event.type.given:
        return header_text(*event.type, LONGEST_TYPE)
    if not header:
        return None
    return header_text(header.decode(errors="replace"), f"header {wire.TYPE}", LONGEST_TYPE)


def read_priority(value: object, header: bytes | None) -> MessagePriority:
    """The message's own before its record's; letters may be capital."""
    field = "priority"
    if value is None:
        if not header:
            return MessagePriority.NORMAL
        field, value = f"header {wire.PRIORITY}", header.decode(errors="replace")
    found = _PRIORITIES.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise InvalidMessage(field, f"must be one of {', '.join(_PRIORITIES)}")
    return found


def _require_content(fields: Mapping[str, Any]) -> None:
    if "template" in fields:
        return
    if "text" not in fields and "html" not in fields:
        raise InvalidMessage("text", "is required, unless html or template is given")
    if "subject" not in fields:
        raise InvalidMessage("subject", "is required, unless a template gives it")


def _recipients(
    fields: Mapping[str, Any],
) -> tuple[tuple[Address, ...], tuple[Address, ...], tuple[Address, ...]]:
    to = _addresses(fields["to"], "to") if "to" in fields else ()
    cc = _addresses(fields["cc"], "cc") if "cc" in fields else ()
    bcc = _addresses(fields["bcc"], "bcc") if "bcc" in fields else ()
    count = len(to) + len(cc) + len(bcc)
    if count == 0:
        raise InvalidMessage("to", "is required: neither to, cc nor bcc has a recipient")
    if count > MOST_RECIPIENTS:
        raise InvalidMessage("to", f"has, with cc and bcc, more than {MOST_RECIPIENTS} recipients")
    return to, cc, bcc


def _addresses(value: object, field: str) -> tuple[Address, ...]:
    if isinstance(value, list):
        entries(value, field, MOST_RECIPIENTS)
    return parse_addresses(value, field)


def _envelope_from(value: object, field: str) -> Address | str:
    if isinstance(value, str) and value.strip() == "<>":
        return ""
    return parse_address(value, field)


def _subject(value: object, field: str) -> str:
    return header_text(value, field, LONGEST_SUBJECT)


def _template(value: object, field: str) -> str:
    return pattern(value, field, TEMPLATE, "a template's name: letters, digits, - and _")


def _locale(value: object, field: str) -> str:
    return pattern(value, field, LOCALE, "a language tag such as pt-BR")


def _tags(value: object, field: str) -> tuple[str, ...]:
    return tuple(
        header_text(tag, f"{field}[{index}]", LONGEST_TAG)
        for index, tag in enumerate(entries(value, field, MOST_TAGS))
    )


_OPTIONAL: Final[Mapping[str, Callable[[object, str], object]]] = {
    "envelope_from": _envelope_from,
    "reply_to": _addresses,
    "subject": _subject,
    "text": string,
    "html": string,
    "template": _template,
    "data": mapping,
    "headers": read_headers,
    "attachments": read_attachments,
    "send_at": moment,
    "expires_at": moment,
    "max_retries": whole,
    "unsubscribe": read_unsubscribe,
    "locale": _locale,
    "tags": _tags,
    "metadata": mapping,
    "retry_count": whole,
}
