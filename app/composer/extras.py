"""The headers that a producer adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.composer.headers import clean_value, header, structured_header
from app.composer.identity import check_date, check_message_id
from app.domain.errors import InvalidMessage
from app.domain.header_names import is_header_name, is_structural

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.domain.message import Message

DATE: Final = "date"
MESSAGE_ID: Final = "message-id"
AUTO_SUBMITTED: Final = "auto-submitted"


class Extras(NamedTuple):
    """`replaced`: values for headers that are otherwise ours, by lower-case name."""

    replaced: Mapping[str, str]
    lines: str


def extra_headers(message: Message) -> Extras:
    """The message's `headers` as lines; `InvalidMessage` names the one that cannot be."""
    if not message.headers:
        return _NONE
    taken = _taken(message)
    replaced: dict[str, str] = {}
    lines: list[str] = []
    for name, raw in message.headers.items():
        if not is_header_name(name):
            raise InvalidMessage(
                "headers", "a header's name has 1 to 100 ASCII characters, neither space nor colon"
            )
        lower, field = name.lower(), f"headers.{name}"
        if is_structural(name):
            raise InvalidMessage(field, "is not for `headers`: the message's own fields make it")
        if lower in taken:
            raise InvalidMessage(field, f"is given by {taken[lower]} as well")
        taken[lower] = field
        value = clean_value(raw, field)
        if check := _CHECKS.get(lower):
            check(value, field)
        if lower in _REPLACING:
            replaced[lower] = value
        elif lower in _STRUCTURED:
            lines.append(structured_header(name, value, field))
        else:
            lines.append(header(name, value))
    return Extras(replaced, "".join(lines))


def _taken(message: Message) -> dict[str, str]:
    """Headers that the message's own fields make; each may stand once (RFC 5322 3.6)."""
    taken = {}
    if message.reply_to:
        taken["reply-to"] = "reply_to"
    if message.unsubscribe:
        taken["list-unsubscribe"] = taken["list-unsubscribe-post"] = "unsubscribe"
    return taken


def _check_word(value: str, field: str) -> None:
    structured_header(AUTO_SUBMITTED, value, field)


_REPLACING: Final = frozenset({DATE, MESSAGE_ID, AUTO_SUBMITTED})
_CHECKS: Final[Mapping[str, Callable[[str, str], None]]] = {
    DATE: check_date,
    MESSAGE_ID: check_message_id,
    AUTO_SUBMITTED: _check_word,
}
# An encoded word cannot stand within an address, a URL or a Message-ID.
_STRUCTURED: Final = frozenset(
    (
        *("reply-to", "in-reply-to", "references", "disposition-notification-to"),
        *("list-id", "list-help", "list-subscribe", "list-unsubscribe", "list-unsubscribe-post"),
        *("list-post", "list-owner", "list-archive"),
    )
)
_NONE: Final = Extras({}, "")
