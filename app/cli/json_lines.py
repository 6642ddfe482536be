"""Reading JSON lines as they come, from a file, a pipe or a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CHUNK: Final = 256 * 1024
_BOM: Final = b"\xef\xbb\xbf"


class Draft(NamedTuple):
    """One message as JSON, and the line it stood in (0 when it came from flags)."""

    line: int
    value: bytes


async def read_drafts(descriptor: int, longest: int) -> AsyncIterator[tuple[list[Draft], int]]:
    """The lines of each chunk as soon as it is there, and how many bytes were read so far.

    Empty lines are passed over. Of a line above `longest` bytes one byte more is kept, so that
    whoever checks it sees that it is too long. Raises OSError.
    """
    rest, line, total = b"", 0, 0
    while chunk := await _read(descriptor):
        total += len(chunk)
        first, *more = chunk.split(b"\n")
        rest += first[: max(0, longest + 1 - len(rest))]
        drafts = []
        for following in more:
            line += 1
            drafts.append(Draft(line, rest))
            rest = following[: longest + 1]
        yield _present(drafts), total
    yield _present([Draft(line + 1, rest)]), total


def _present(drafts: list[Draft]) -> list[Draft]:
    return [
        Draft(line, stripped)
        for line, value in drafts
        if (stripped := value.removeprefix(_BOM).strip())
    ]


async def _read(descriptor: int) -> bytes:
    """One read, in a thread that does not keep the process alive when nothing comes any more."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    def tell(data: bytes, error: OSError | None) -> None:
        if answer.cancelled():
            return
        if error is None:
            answer.set_result(data)
        else:
            answer.set_exception(error)

    def read() -> None:
        data, failure = b"", None
        try:
            data = os.read(descriptor, _CHUNK)
        except OSError as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(tell, data, failure)

    threading.Thread(target=read, name="reading lines", daemon=True).start()
    return await answer
