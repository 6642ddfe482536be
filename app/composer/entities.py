"""The tree of MIME entities: no deeper than what is in it needs (RFC 2046, RFC 2387)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, NamedTuple

from app.composer.bodies import encode_text
from app.composer.files import file_of
from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.composer.files import File
    from app.domain.message import Attachment


class Entity(NamedTuple):
    """`headers`: its Content-* lines; `body`: encoded, in pieces, with no last line end of ours."""

    headers: str
    body: Sequence[bytes]


def root_entity(text: str | None, html: str | None, attachments: Sequence[Attachment]) -> Entity:
    """All that stands below the message's own headers; `text` or `html` is given."""
    files = _files(attachments) if attachments else []
    # Nobody can write one into a body, for it is random; an encoded body never has `=_`.
    boundary = f"=_{next(_random)}"
    bodies = [] if text is None else [_text_entity("plain", text, "text")]
    if html is not None:
        entity = _text_entity("html", html, "html")
        shown = [_file_entity(file) for file in files if file.shown_inline]
        files = [file for file in files if not file.shown_inline]
        if shown:
            entity = _multipart('related; type="text/html"', [entity, *shown], f"{boundary}_r")
        bodies.append(entity)
    root = bodies[0] if len(bodies) == 1 else _multipart("alternative", bodies, f"{boundary}_a")
    if files:
        root = _multipart("mixed", [root, *map(_file_entity, files)], f"{boundary}_m")
    return root


def _drawn() -> Iterator[str]:
    """Random enough to be nobody's guess; the system is asked for many at a time."""
    while True:
        octets = secrets.token_hex(12 * 128)
        for start in range(0, len(octets), 24):
            yield octets[start : start + 24]


_random: Final = _drawn()


def _files(attachments: Sequence[Attachment]) -> list[File]:
    files = [file_of(attachment, index) for index, attachment in enumerate(attachments)]
    seen: set[str] = set()
    for index, file in enumerate(files):
        if file.content_id is not None and file.content_id in seen:
            raise InvalidMessage(f"attachments[{index}].content_id", "is another attachment's too")
        seen.add(file.content_id or "")
    return files


def _text_entity(subtype: str, text: str, field: str) -> Entity:
    encoding, body = encode_text(text, field)
    return Entity(
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n",
        (body,),
    )


def _file_entity(file: File) -> Entity:
    return Entity(file.headers, (file.body,))


def _multipart(subtype: str, parts: Sequence[Entity], boundary: str) -> Entity:
    body: list[bytes] = []
    opening = f"--{boundary}\r\n"
    for part in parts:
        body.append(f"{opening}{part.headers}\r\n".encode("ascii"))
        body += part.body
        opening = f"\r\n--{boundary}\r\n"
    body.append(f"\r\n--{boundary}--".encode("ascii"))
    # The boundary has a line of its own, for its length and the equals sign.
    return Entity(f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n', body)
