"""The server's side of AUTH (RFC 4954), for the misbehaving server of the tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.smtp_session import Session

_CHALLENGE = b"<1896.697170952@postoffice.example.net>"


async def authenticate(
    session: Session, line: str, users: Mapping[str, str], refusal: str | None = None
) -> None:
    """Answer an AUTH command; `users` maps name to password (or token)."""
    _, mechanism, *initial = line.split(" ")
    answer = base64.b64decode(initial[0]).decode() if initial else ""
    match mechanism.upper():
        case "PLAIN":
            _, user, password = answer.split("\0")
            good = users.get(user) == password
        case "LOGIN":
            user = answer
            if not initial:
                await session.write(b"334 VXNlcm5hbWU6\r\n")
                user = base64.b64decode(await session.line()).decode()
            await session.write(b"334 UGFzc3dvcmQ6\r\n")
            good = users.get(user) == base64.b64decode(await session.line()).decode()
        case "CRAM-MD5":
            await session.write(b"334 " + base64.b64encode(_CHALLENGE) + b"\r\n")
            user, _, digest = base64.b64decode(await session.line()).decode().partition(" ")
            key = users.get(user, "").encode()
            good = digest == hmac.new(key, _CHALLENGE, hashlib.md5).hexdigest()
        case "XOAUTH2":
            user, token, *_ = answer.removeprefix("user=").split("\1")
            good = token == f"auth=Bearer {users.get(user)}"
            if not good:
                await session.write(b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n")
                await session.line()
        case _:
            await session.write(b"504 5.5.4 unknown mechanism\r\n")
            return
    if good:
        session.user = user
        await session.write(b"235 2.7.0 welcome\r\n")
    else:
        words = refusal or f"535 5.7.8 bad credentials of {user}"
        await session.write(words.encode() + b"\r\n")
