"""List-Unsubscribe (RFC 2369) and its one-click form (RFC 8058)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from app.composer.headers import FOLD, MAX_LINE, WIDTH
from app.domain.addresses import parse_address
from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from app.domain.message import Unsubscribe

_NAME: Final = "List-Unsubscribe"
_ONE_CLICK: Final = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
# What RFC 3986 lets stand in a URL; neither `<` nor `>`, which would end it here.
_REST: Final = r"[!#-;=?-Z\[\]_a-z~]+"
_URL: Final = re.compile(rf"https?://{_REST}", re.IGNORECASE)
_MAILTO: Final = re.compile(rf"mailto:{_REST}", re.IGNORECASE)
# Name, brackets and comma.
_FRAME: Final = 30


def unsubscribe_headers(unsubscribe: Unsubscribe) -> str:
    """The header lines, the URL first; `InvalidMessage` names what is wrong."""
    targets = []
    if unsubscribe.url:
        if not _URL.fullmatch(unsubscribe.url):
            raise InvalidMessage(
                "unsubscribe.url", "must be an http or https URL, other characters percent-encoded"
            )
        targets.append(_checked(unsubscribe.url, "unsubscribe.url"))
    if unsubscribe.mailto:
        targets.append(_checked(_mailto(unsubscribe.mailto), "unsubscribe.mailto"))
    one_click = unsubscribe.one_click
    if one_click and not (unsubscribe.url or "").lower().startswith("https:"):
        raise InvalidMessage(
            "unsubscribe.one_click", "needs a url that begins with https (RFC 8058)"
        )
    if not targets:
        return ""
    line = f"{_NAME}: {', '.join(targets)}"
    if len(line) > WIDTH:
        line = f"{_NAME}: {f',{FOLD}'.join(targets)}"
    return f"{line}\r\n{_ONE_CLICK if one_click else ''}"


def _mailto(value: str) -> str:
    if value[:7].lower() != "mailto:":
        spec = parse_address(value, "unsubscribe.mailto").spec
        return "mailto:" + quote(spec, safe="@!$'*+-./_~")
    if not _MAILTO.fullmatch(value):
        raise InvalidMessage(
            "unsubscribe.mailto", "must be an address or a mailto URL, percent-encoded"
        )
    return value


def _checked(target: str, field: str) -> str:
    if len(target) > MAX_LINE - _FRAME:
        raise InvalidMessage(field, f"has more than {MAX_LINE - _FRAME} characters")
    return f"<{target}>"
