"""Tasks that the client library leaves behind, and what they fail with."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import aiokafka

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)


def hush(loop: asyncio.AbstractEventLoop) -> None:
    """Log at debug what nobody waits for any more; all else as the loop would.

    A call of the library's that is cut leaves shielded tasks to themselves, such as a commit whose
    answer is late. When they fail in the end, asyncio complains of it as of a fault of ours.
    """
    loop.set_exception_handler(_handle)


def _handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if _is_leftover(context):
        log.debug("a task of the client library's failed late: %r", context["exception"])
    else:
        loop.default_exception_handler(context)


def _is_leftover(context: Mapping[str, Any]) -> bool:
    if not isinstance(context.get("exception"), Exception):
        return False
    task = context.get("future")
    if not isinstance(task, asyncio.Task):
        return False
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and code.co_filename.startswith(_FOLDER)


_FOLDER = aiokafka.__file__.rpartition("__init__")[0]
