"""The mailbox to look at: a list of mails and one mail, with nothing in it that could run."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.embedded.mail import Part, ReceivedMail
    from app.embedded.mailbox import Mailbox

PAGES = Path(__file__).with_name("pages")
KEY_HEADERS = ("From", "Sender", "Reply-To", "To", "Cc", "Date", "Message-ID", "List-Unsubscribe")
IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp"}

OURS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
# A mail's own HTML: an origin of its own, no scripts, nothing fetched from anywhere.
FOREIGN = {
    **OURS,
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
}


def mailbox_page(mailbox: Mailbox, note: str = "") -> Starlette:
    """The page as an ASGI application for loopback names only; `note` stands at its foot."""
    env = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    env.filters["size"] = readable_size

    async def listing(_: Request) -> Response:
        mails = tuple(reversed(mailbox.mails))
        page = env.get_template("list.html.j2").render(mails=mails, note=note)
        return HTMLResponse(page, headers=OURS)

    async def one(request: Request) -> Response:
        mail = _mail(mailbox, request)
        key = [(name, mail.header(name)) for name in KEY_HEADERS if mail.header(name)]
        page = env.get_template("mail.html.j2").render(mail=mail, key_headers=key, note=note)
        return HTMLResponse(page, headers=OURS)

    async def html(request: Request) -> Response:
        mail = _mail(mailbox, request)
        if mail.html is None:
            raise HTTPException(404, "this mail has no HTML part")
        return HTMLResponse(with_inline_images(mail), headers=FOREIGN)

    async def part(request: Request) -> Response:
        parts = _mail(mailbox, request).parts
        number = request.path_params["part"]
        if number >= len(parts):
            raise HTTPException(404, "this mail has no such part")
        disposition = f"attachment; filename*=UTF-8''{quote(parts[number].filename, safe='')}"
        return Response(
            parts[number].content,
            media_type="application/octet-stream",
            headers={**FOREIGN, "Content-Disposition": disposition},
        )

    async def raw(request: Request) -> Response:
        text = _mail(mailbox, request).raw.decode("utf-8", "replace")
        return Response(text, media_type="text/plain", headers=FOREIGN)

    async def style(_: Request) -> Response:
        css = (PAGES / "style.css").read_text()
        return Response(css, media_type="text/css", headers=OURS)

    return Starlette(
        routes=[
            Route("/", listing),
            Route("/style.css", style),
            Route("/mail/{number:int}", one),
            Route("/mail/{number:int}/html", html),
            Route("/mail/{number:int}/raw", raw),
            Route("/mail/{number:int}/part/{part:int}", part),
        ],
        # A name of somebody else's that resolves to the loopback must not read the mails.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


def with_inline_images(mail: ReceivedMail) -> str:
    """The HTML part, its `cid:` references replaced by the images themselves."""
    images = {
        part.content_id: _data_url(part)
        for part in mail.parts
        if part.content_id and part.content_type in IMAGES
    }

    def replaced(match: re.Match[str]) -> str:
        return images.get(match[1], match[0])

    return re.sub(r"cid:([^\"'\s>)]+)", replaced, mail.html or "")


def _data_url(part: Part) -> str:
    return f"data:{part.content_type};base64,{base64.b64encode(part.content).decode()}"


def readable_size(size: int) -> str:
    """`512 B`, `1.5 kB`, `2.0 MB`."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _mail(mailbox: Mailbox, request: Request) -> ReceivedMail:
    if mail := mailbox.find(request.path_params["number"]):
        return mail
    raise HTTPException(404, "no such mail")
