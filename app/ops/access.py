"""Who may call what."""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum, auto
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from app.ops.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

_CHALLENGE: Final = 'Bearer realm="kafka-mailer"'


class Need(Enum):
    """What a call has to show."""

    NOTHING = auto()
    TOKEN_UNLESS_PUBLIC = auto()
    """A read that shows what mails are about."""
    TOKEN = auto()


class Access:
    """Knows the token, which may be changed while running; None: nobody administers."""

    def __init__(self, token: str | None, *, public: bool) -> None:
        self.public = public
        self._digest: bytes | None = None
        self.change(token)

    def change(self, token: str | None) -> None:
        """Only this one counts from now on."""
        self._digest = _digest(token) if token else None

    def check(self, request: Request, need: Need) -> None:
        """`Problem` 401 or 403 for who may not."""
        if need is Need.NOTHING:
            return
        _check_origin(request)
        if need is Need.TOKEN_UNLESS_PUBLIC and self.public:
            return
        if self._digest is None:
            raise Problem(403, "no token is configured (OPS_TOKEN): administration is off")
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            raise Problem(
                401,
                "a token is needed: Authorization: Bearer <OPS_TOKEN>",
                headers={"www-authenticate": _CHALLENGE},
            )
        # Digests, so that not even the length of what is compared tells anything.
        if not hmac.compare_digest(_digest(given.strip()), self._digest):
            raise Problem(
                401,
                "this is not the token",
                headers={"www-authenticate": f'{_CHALLENGE}, error="invalid_token"'},
            )


def _check_origin(request: Request) -> None:
    """A page of somebody else's does not act through the browser of who may."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        host = ""
    if not host or host != request.headers.get("host"):
        raise Problem(403, "a page of another origin may not call this")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()
