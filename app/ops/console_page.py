"""The console: a page and its parts, all of them in this package."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, NamedTuple

from app.ops.operation import Call, Operation, Reply
from app.ops.problems import Problem

FOLDER: Final = Path(__file__).with_name("console")
PAGE: Final = "index.html"
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


class _Part(NamedTuple):
    raw: bytes
    headers: dict[str, str]


def console_page() -> list[Operation]:
    """`/`, and `/console/{part}`."""
    parts = {each.name: _part(each) for each in FOLDER.iterdir() if each.suffix in _MEDIA_TYPES}

    async def page(call: Call) -> Reply:
        return _reply(parts[PAGE], call.known)

    async def part(call: Call) -> Reply:
        found = parts.get(call.path["part"])
        if found is None:
            raise Problem(404, "there is nothing here")
        return _reply(found, call.known)

    return [
        Operation(
            method="GET",
            path="/",
            name="console",
            about="The operator's console.",
            handle=page,
            answers={200: None, 304: None},
            media_type="text/html",
        ),
        Operation(
            method="GET",
            path="/console/{part}",
            name="console_part",
            about="A style sheet or script of the console.",
            handle=part,
            answers={200: None, 304: None},
            described=False,
        ),
    ]


def _part(file: Path) -> _Part:
    raw = file.read_bytes()
    return _Part(
        raw,
        {
            "content-type": _MEDIA_TYPES[file.suffix],
            "content-security-policy": _POLICY,
            # Asked for each time and sent only when it is another: an upgrade shows at once.
            "cache-control": "no-cache",
            "etag": f'"{hashlib.sha256(raw).hexdigest()[:32]}"',
        },
    )


def _reply(part: _Part, known: str) -> Reply:
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    if part.headers["etag"] in tags:
        return Reply(None, 304, part.headers)
    return Reply(part.raw, headers=part.headers)
