"""What became of a message in the end, from all its results; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from app.domain.outcome import Status
from app.outcomes.result_filter import recipients_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A result that names nobody speaks of everybody.
_EVERYBODY: Final = ""


class Course:
    """One message's recipients, each with its latest status.

    A result speaks of its attempt's recipients only, so that the whole is the union of all. Who
    was reached stays so: a second copy of the message, after a crash, takes nothing back.
    """

    __slots__ = ("statuses",)

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}

    @property
    def final(self) -> bool:
        return bool(self.statuses) and Status.RETRYING not in self.statuses.values()

    @property
    def delivered(self) -> bool:
        """To every recipient."""
        return bool(self.statuses) and set(self.statuses.values()) == {Status.DELIVERED}

    @property
    def status(self) -> str | None:
        """`retrying` while anybody is, else the first that is not `delivered`; None before any."""
        found = set(self.statuses.values())
        if Status.RETRYING in found:
            return Status.RETRYING
        return next(
            (one for one in self.statuses.values() if one != Status.DELIVERED),
            Status.DELIVERED if found else None,
        )

    def note(self, result: Mapping[str, Any]) -> None:
        """Take a result into account, in the order of the topic."""
        named = list(recipients_of(result))
        if not named:
            # No attempt was made at a record that could not be read any more.
            waiting = [one for one, status in self.statuses.items() if status == Status.RETRYING]
            named = [(one, str(result["status"])) for one in waiting or self.statuses or [""]]
        elif self.statuses.get(_EVERYBODY) is not None:
            del self.statuses[_EVERYBODY]
        for address, status in named:
            if self.statuses.get(address) != Status.DELIVERED:
                self.statuses[address] = status


class Awaited:
    """The messages whose end somebody waits for, by `id` or by `origin`."""

    def __init__(self, names: Iterable[str], by: Literal["id", "origin"] = "id") -> None:
        self.courses = {name: Course() for name in names}
        self.open = set(self.courses)
        self._by = by

    @property
    def delivered(self) -> bool:
        """Whether each is, to all of its recipients."""
        return all(course.delivered for course in self.courses.values())

    def note(self, result: Mapping[str, Any]) -> None:
        name = result.get(self._by)
        course = self.courses.get(name) if isinstance(name, str) else None
        if course is None or name is None:
            return
        course.note(result)
        if course.final:
            self.open.discard(name)
        else:
            # Written back into the queue from the dead letters.
            self.open.add(name)
