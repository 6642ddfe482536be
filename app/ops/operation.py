"""One call of the HTTP interface: what it takes, what it answers, who may; served and described."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.ops.access import Need

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from pydantic import BaseModel

EVENT_STREAM: Final = "text/event-stream"


class Reply(NamedTuple):
    """`body` None is an empty answer, bytes are sent as they are, what is iterated as it comes."""

    body: BaseModel | bytes | AsyncIterator[bytes] | None
    status: int = 200
    headers: Mapping[str, str] = {}


class Call(NamedTuple):
    """A call that may be served: everything in it is valid. `peer` is who is connected.

    `accept` is the header that says which formats are preferred, `known` the tag of what the caller
    has already (If-None-Match); "" where there is none.
    """

    peer: str
    path: Mapping[str, Any]
    query: Any
    body: Any
    accept: str = ""
    known: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`answers` names the model of each status; None where the answer is no JSON.

    `path` holds its parameters as Starlette writes them. `problems`: statuses that this call may
    answer besides those that any call of its kind may. A part of a page is not `described`.
    """

    method: str
    path: str
    name: str
    about: str
    handle: Callable[[Call], Awaitable[Reply]]
    answers: Mapping[int, type[BaseModel] | None]
    need: Need = Need.NOTHING
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    media_type: str = "application/json"
    problems: tuple[int, ...] = field(default=())
    described: bool = True
