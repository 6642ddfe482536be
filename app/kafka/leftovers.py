"""Tasks and futures that the client library leaves behind, and what they fail with."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import TYPE_CHECKING, Any

import aiokafka
from aiokafka import conn

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)


def hush(loop: asyncio.AbstractEventLoop) -> None:
    """Log at debug what nobody waits for any more; all else as the loop would.

    A call of the library's that is cut leaves shielded tasks to themselves, such as a commit whose
    answer is late. When they fail in the end, asyncio complains of it as of a fault of ours. So it
    does, with Python 3.12, of a connection that broke: its stream has a future of its own for that,
    which nobody looks at once the reading task has told.
    """
    loop.set_exception_handler(_handle)


def _handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if _is_leftover(context):
        log.debug("the client library left a failure behind: %r", context["exception"])
    else:
        loop.default_exception_handler(context)


def _is_leftover(context: Mapping[str, Any]) -> bool:
    error = context.get("exception")
    if not isinstance(error, Exception):
        return False
    future = context.get("future")
    if isinstance(future, asyncio.Task):
        code = getattr(future.get_coro(), "cr_code", None)
        return code is not None and code.co_filename.startswith(_FOLDER)
    return isinstance(future, asyncio.Future) and _broke_a_connection(error)


def _broke_a_connection(error: Exception) -> bool:
    if not isinstance(error, OSError):
        return False
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_code.co_filename == conn.__file__ for frame, _ in frames)


_FOLDER = aiokafka.__file__.rpartition("__init__")[0]
