"""The message that the running code works on, for its log lines and its spans."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token

    from app.domain.record import Origin
    from app.telemetry.tracing.mail_trace import MailTrace
    from app.telemetry.tracing.parts import Part
    from app.telemetry.tracing.steps import Steps

Attributes: TypeAlias = "Mapping[str, str | int | float | bool]"
AnyPart: TypeAlias = "Part | NotTraced"


class NotTraced:
    """In place of a part of a trace: does nothing."""

    __slots__ = ()
    recorded: ClassVar = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def note(self, attributes: Attributes) -> None:
        pass

    def failed(self, kind: str) -> None:
        pass


NOT_TRACED: Final = NotTraced()
_NO_ATTRIBUTES: Final[Attributes] = {}
_held: Final[ContextVar[tuple[Origin, MailTrace | None] | None]] = ContextVar(
    "mail_in_hand", default=None
)


class in_hand:  # noqa: N801 - used as a function
    """While it is entered, the code of this task works on that message.

    `origin` stays the same over the message's retries and replays.
    """

    __slots__ = ("_message", "_token")

    _token: Token[tuple[Origin, MailTrace | None] | None]

    def __init__(self, origin: Origin, trace: MailTrace | None = None) -> None:
        self._message = (origin, trace)

    def __enter__(self) -> None:
        self._token = _held.set(self._message)

    def __exit__(self, *_: object) -> None:
        _held.reset(self._token)


def part(name: str, attributes: Attributes = _NO_ATTRIBUTES) -> AnyPart:
    """A span around a part of the work on the message in hand; nothing where it is not traced.

    To be entered by `with`. A mail address must be in no attribute. What takes time to say should
    be said by `note`, and only where the part is `recorded`.
    """
    held = _held.get()
    if held is None or held[1] is None:
        return NOT_TRACED
    return held[1].part(name, attributes)


def steps() -> Steps | None:
    """For parts that follow each other outside of this task; None where nothing is recorded."""
    held = _held.get()
    return None if held is None or held[1] is None else held[1].steps()


def current_origin() -> Origin | None:
    """That of the message in hand."""
    held = _held.get()
    return None if held is None else held[0]


def current_trace_id() -> str | None:
    """The id of the trace of the message in hand, None where nothing of it is recorded."""
    held = _held.get()
    return None if held is None or held[1] is None else held[1].id
