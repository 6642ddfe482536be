"""Mails to look at in a frame: a page for each, for a while, at an address nobody can guess."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

from app.ops.operation import Call, Operation, Reply
from app.ops.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT: Final = 8
MOST_BYTES: Final = 8 * 1024 * 1024
LIFE_S: Final = 300.0

# A stranger's HTML: an origin of its own, no scripts, no forms, nothing fetched from anywhere.
HEADERS: Final = {
    "content-security-policy": "sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
}


class Previews:
    """The last few; a frame cannot send a token, so knowing the address is what it shows."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pages: dict[str, tuple[float, bytes]] = {}

    def keep(self, html: str) -> str | None:
        """The path where it can be looked at; None for one too large to be kept."""
        page = html.encode(errors="replace")
        if len(page) > MOST_BYTES // 2:
            return None
        self._forget(len(page))
        key = secrets.token_urlsafe(24)
        self._pages[key] = (self._clock() + LIFE_S, page)
        return f"/previews/{key}"

    def page(self, key: str) -> bytes:
        """`Problem` 404 when there is none, or no longer."""
        until, page = self._pages.get(key, (0.0, b""))
        if self._clock() >= until:
            raise Problem(
                404, "there is no such preview, or it was long ago; open the letter again"
            )
        return page

    def _forget(self, coming: int) -> None:
        now = self._clock()
        self._pages = {key: kept for key, kept in self._pages.items() if kept[0] > now}
        while self._pages and (
            len(self._pages) >= KEPT
            or coming + sum(len(page) for _, page in self._pages.values()) > MOST_BYTES
        ):
            del self._pages[next(iter(self._pages))]


def previewing(previews: Previews) -> list[Operation]:
    """`/previews/{key}`."""

    async def show(call: Call) -> Reply:
        return Reply(previews.page(call.path["key"]), headers=HEADERS)

    return [
        Operation(
            method="GET",
            path="/previews/{key}",
            name="preview",
            about="A dead letter's HTML, inert, for a frame; a letter's `preview` is its address.",
            handle=show,
            answers={200: None},
            media_type="text/html",
        )
    ]
