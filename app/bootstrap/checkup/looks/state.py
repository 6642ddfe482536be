"""One question to the store that instances share."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from app.bootstrap.checkup.state import StateFacts
from app.state.shared_store import answer_of


async def state_facts(url: str, seconds: float) -> StateFacts:
    """Ask it once; its name is without user and password."""
    parts = urlsplit(url)
    name = parts.path if parts.hostname is None else f"{parts.hostname}:{parts.port or 6379}"
    began = time.monotonic()
    trouble = await answer_of(url, seconds)
    return StateFacts(name, time.monotonic() - began, trouble)
