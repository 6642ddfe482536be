"""The OAuth access token that a file holds, for SASL's OAUTHBEARER (RFC 7628)."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from aiokafka.abc import AbstractTokenProvider
from typing_extensions import override

if TYPE_CHECKING:
    from pathlib import Path

# RFC 6750, section 2.1; whatever else came into the file would end the field that it stands in.
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class TokenUnreadable(OSError):
    """Trouble that passes once whoever renews the token has written it."""


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]  # the library is untyped
    """Read again for each connection, for whoever renews it writes it anew."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @override
    async def token(self) -> str:
        """Raises `TokenUnreadable` when there is none."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> str:
        try:
            text = self._path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise self._trouble(error.strerror or "cannot be read") from None
        except UnicodeError:
            text = "\0"
        if not text:
            raise self._trouble("is empty")
        if not _TOKEN.fullmatch(text):
            raise self._trouble("holds no access token")
        return text

    def _trouble(self, reason: str) -> TokenUnreadable:
        return TokenUnreadable(f"KAFKA_SASL_TOKEN_FILE {self._path}: {reason}")
