"""Headers that a record adds to its mail, the unsubscribe headers among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.domain.errors import InvalidMessage
from app.domain.header_names import is_header_name, is_structural
from app.domain.message import Unsubscribe
from app.intake.fields import flag, header_text, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST: Final = 100
LONGEST_VALUE: Final = 8192
LONGEST_TARGET: Final = 2000


def read_headers(value: object, field: str) -> Mapping[str, str]:
    """Names by RFC 5322, values of one line; those that give the mail its structure are refused."""
    given = mapping(value, field)
    if len(given) > MOST:
        raise InvalidMessage(field, f"has more than {MOST} entries")
    for number, (name, text) in enumerate(given.items(), start=1):
        if not is_header_name(name):
            # Not quoted: a forged name may hold an address.
            reason = f"has a name of other than 1 to 100 ASCII characters (entry {number})"
            raise InvalidMessage(field, f"{reason}; neither space nor colon is allowed")
        if is_structural(name):
            raise InvalidMessage(f"{field}.{name}", "is not allowed: the message's fields make it")
        header_text(text, f"{field}.{name}", LONGEST_VALUE)
    return given


def read_unsubscribe(value: object, field: str) -> Unsubscribe | None:
    """None where nothing in it is given."""
    given = mapping(value, field)
    one_click = given.get("one_click")
    unsubscribe = Unsubscribe(
        url=_target(given, field, "url"),
        mailto=_target(given, field, "mailto"),
        one_click=one_click is not None and flag(one_click, f"{field}.one_click"),
    )
    return None if unsubscribe == Unsubscribe() else unsubscribe


def _target(given: dict[str, Any], field: str, name: str) -> str | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    return header_text(value, f"{field}.{name}", LONGEST_TARGET)
