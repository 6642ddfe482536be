"""Exceptions in the log: with their words only where these cannot be a message's."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any

from app.telemetry.in_hand import current_origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structlog.typing import EventDict


def with_exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: `exc_info` becomes the text `exception`.

    An exception that is raised while a message is in hand may quote it, data and addresses
    included. Of such a one the log has classes and places.
    """
    given = event.pop("exc_info", None)
    error = _exception(given)
    if error is not None:
        worded = current_origin() is None and "origin" not in event
        event["exception"] = text_of(error, worded=worded)
    return event


def text_of(error: BaseException, *, worded: bool) -> str:
    """As it is printed when nobody catches it; the words of none of its chain unless `worded`."""
    if worded:
        return "".join(traceback.format_exception(error)).rstrip("\n")
    return "\n\nwhich led to:\n\n".join(map(_unworded, reversed(list(_chain(error)))))


def place_of(error: BaseException) -> str:
    """Class and innermost place, like `KeyError in bodies.py, line 41`."""
    kind = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return kind
    return f"{kind} in {frames[-1].filename.rpartition('/')[2]}, line {frames[-1].lineno}"


def _unworded(error: BaseException) -> str:
    lines = traceback.format_tb(error.__traceback__)
    head = "Traceback (most recent call last):\n" if lines else ""
    return f"{head}{''.join(lines)}{type(error).__name__} (its words may quote the message)"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Each exception and the one it came of, as Python prints them."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def _exception(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        found: BaseException | None = given[1]
        return found
    return sys.exc_info()[1] if given else None
