"""Attachments and inline images as MIME entities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from app.composer.bodies import TransferEncoding, base64_lines, normal_lines
from app.composer.headers import FOLD, MAX_LINE, WIDTH, clean_value
from app.composer.parameters import parameter
from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from app.domain.message import Attachment

# RFC 2045 5.1's token.
_WORD: Final = r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+"
_PARAMETER: Final = re.compile(rf'\s*;\s*({_WORD})=({_WORD}|"(?:[ !#-\[\]-~]|\\[ -~])*")', re.ASCII)
_TYPE: Final = re.compile(rf"({_WORD})/({_WORD})((?:{_PARAMETER.pattern})*)\s*;?", re.ASCII)
_MAX_TYPE: Final = 500
_CONTENT_ID: Final = re.compile(r"[!-;=?-~]{1,250}")
_UNKNOWN: Final = "application/octet-stream"


class File(NamedTuple):
    """An entity; HTML may point at it by `cid:` and its `content_id`."""

    headers: str
    body: bytes
    inline: bool
    content_id: str | None

    @property
    def shown_inline(self) -> bool:
        return self.inline and self.content_id is not None


def file_of(attachment: Attachment, index: int) -> File:
    """`InvalidMessage` names the attachment by its index, never by its file name."""
    field = f"attachments[{index}]"
    content_type = _content_type(attachment, field)
    encoding = TransferEncoding.BASE64
    if content_type.startswith("message/"):
        # RFC 2046 5.2.1 wants no encoding there; what then is not mail's lines of ASCII goes as a
        # file, byte by byte.
        lines = normal_lines(attachment.content)
        if _is_plain(lines):
            encoding, body = TransferEncoding.SEVEN_BIT, lines
        else:
            content_type, body = _UNKNOWN, base64_lines(attachment.content)
    else:
        body = base64_lines(attachment.content)
    inline = attachment.disposition == "inline"
    disposition = "inline" if inline else "attachment"
    if attachment.filename:
        name = clean_value(attachment.filename, f"{field}.filename")
        disposition += parameter("filename", name)
    headers = (
        f"Content-Type: {content_type}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n"
        f"Content-Disposition: {disposition}\r\n"
    )
    identifier = None
    if attachment.content_id is not None:
        identifier = _content_id(attachment.content_id, field)
        headers += f"Content-ID: <{identifier}>\r\n"
    return File(headers, body, inline, identifier)


def _content_id(value: str, field: str) -> str:
    """Without the brackets in which some give it."""
    bare = value.removeprefix("<").removesuffix(">")
    if not _CONTENT_ID.fullmatch(bare):
        raise InvalidMessage(
            f"{field}.content_id", "must be 1 to 250 ASCII characters without spaces and brackets"
        )
    return bare


def _content_type(attachment: Attachment, field: str) -> str:
    given = attachment.content_type
    match = _TYPE.fullmatch(given) if len(given) <= _MAX_TYPE else None
    if match is None:
        raise InvalidMessage(f"{field}.content_type", "must be of the form type/subtype")
    main, sub, rest = match[1].lower(), match[2].lower(), match[3]
    if main == "multipart":
        raise InvalidMessage(f"{field}.content_type", "multipart is not for attachments")
    parameters = [f"{name}={value}" for name, value in _PARAMETER.findall(rest)]
    if main == "text" and not any(each.lower().startswith("charset=") for each in parameters):
        parameters += _charset(attachment.content)
    line = "; ".join([f"{main}/{sub}", *parameters])
    if len(line) <= WIDTH - len("Content-Type: "):
        return line
    return f";{FOLD}".join([f"{main}/{sub}", *parameters])


def _charset(content: bytes) -> list[str]:
    """Without it a reader would guess, and guess wrong."""
    if content.isascii():
        return []
    try:
        content.decode()
    except UnicodeDecodeError:
        return []
    return ["charset=utf-8"]


def _is_plain(lines: bytes) -> bool:
    return (
        lines.isascii() and b"\0" not in lines and max(map(len, lines.split(b"\r\n"))) <= MAX_LINE
    )
