"""The mail in a browser, made anew when its template or data change."""

from __future__ import annotations

import asyncio
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from app.cli.render.making import make
from app.cli.render.printing import fields, placed, show_in_browser
from app.domain.errors import Fatal
from app.embedded.errors import EmbeddedError
from app.embedded.web import WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from app.cli.render.making import Made, Recipe
    from app.settings import Settings

LOOK_S: Final = 0.3
_OURS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}
# The mail's own HTML: an origin of its own and no scripts, as in a mail program; images are shown.
_MAIL: Final = {
    **_OURS,
    "content-security-policy": "sandbox; default-src 'none'; img-src data: https: http:; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "referrer-policy": "no-referrer",
}
_FILES: Final = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}


class Stamp(NamedTuple):
    """Changes with a file's content; the times of one that is not there are -1."""

    path: str
    modified_ns: int
    size: int


class Live:
    """The mail as it is now; `version` counts how often it was made."""

    def __init__(self, made: Callable[[], Made], stamps: Callable[[], list[Stamp]]) -> None:
        self._make = made
        self._stamps = stamps
        self._changed = asyncio.Event()
        self._ended = False
        # Before it is made: a change meanwhile is one to come.
        self._seen = stamps()
        self.made = made()
        self.version = 1

    async def follow(self, tell: Callable[[Made], object]) -> None:
        """Make it anew after each change, and tell of it; until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            if (now := await asyncio.to_thread(self._stamps)) == self._seen:
                continue
            self._seen = now
            self.made = await asyncio.to_thread(self._make)
            self.version += 1
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
            tell(self.made)

    def end(self) -> None:
        """Let go of whoever listens."""
        self._ended = True
        self._changed.set()

    async def versions(self) -> AsyncIterator[int]:
        """This one, and each that follows."""
        while not self._ended:
            changed = self._changed
            yield self.version
            await changed.wait()


async def serve(settings: Settings, recipe: Recipe, port: int, *, in_browser: bool) -> None:
    """Until interrupted; raises `Fatal` when the port is taken."""
    folder = settings.email_templates
    live = Live(lambda: make(settings, recipe), lambda: stamps(folder, recipe.data_file))
    try:
        async with WebServer(live_page(live), port) as server:
            click.echo(f"{server.url}  (Ctrl-C ends it)")
            _tell(live.made)
            if in_browser:
                show_in_browser(server.url)
            try:
                await live.follow(_tell)
            finally:
                live.end()
    except EmbeddedError as error:
        raise Fatal(str(error)) from None


def stamps(folder: Path | None, data_file: Path | None) -> list[Stamp]:
    """Of all that the mail is made from."""
    files = [] if folder is None else sorted(folder.glob("*.j2"))
    return [_stamp(each) for each in (*files, *([data_file] if data_file else []))]


def live_page(live: Live) -> ASGIApp:
    """For loopback names only, so that no other site's page can read it."""
    page = resources.files("app.cli.render") / "page"

    def file(name: str, kind: str) -> Callable[[Request], Response]:
        content = (page / name).read_bytes()
        return lambda _: Response(content, media_type=kind, headers=_OURS)

    async def mail(_: Request) -> Response:
        return Response(live.made.html or "", media_type="text/html", headers=_MAIL)

    async def state(_: Request) -> Response:
        return JSONResponse(_state(live), headers=_OURS)

    async def changes(_: Request) -> Response:
        return StreamingResponse(
            _events(live), media_type="text/event-stream", headers={"cache-control": "no-store"}
        )

    return Starlette(
        routes=[
            *(Route(path, file(*each)) for path, each in _FILES.items()),
            Route("/mail", mail),
            Route("/state", state),
            Route("/changes", changes),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


async def _events(live: Live) -> AsyncIterator[bytes]:
    async for version in live.versions():
        yield f"data: {version}\n\n".encode()


def _state(live: Live) -> dict[str, Any]:
    found = fields(live.made)
    found.pop("html", None)
    raw = live.made.raw.decode("utf-8", "replace")
    return {
        **found,
        "version": live.version,
        "has_html": live.made.html is not None,
        "raw": raw,
        "warnings": [placed(each) for each in live.made.findings],
    }


def _tell(made: Made) -> None:
    if made.problem is not None:
        click.echo(f"cannot be rendered: {made.problem}", err=True)
    else:
        click.echo(f"rendered, {len(made.findings)} warnings", err=True)


def _stamp(path: Path) -> Stamp:
    try:
        facts = path.stat()
    except OSError:
        return Stamp(str(path), -1, -1)
    return Stamp(str(path), facts.st_mtime_ns, facts.st_size)
