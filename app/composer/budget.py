"""How much work a message's template may be: steps, and characters of text."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from jinja2 import TemplateRuntimeError
from jinja2.utils import Namespace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STEPS: Final = 50_000
"""For all files of a message together: some 25 ms where nothing else runs, at most twice that."""
# Text may be made several times over before it is part of the mail.
_TIMES_OVER: Final = 4
_LEAST_CHARACTERS: Final = 1024 * 1024
_PLAIN: Final = (str, int, float)
_EMPTY: Final[dict[str, object]] = {}
_VIEWS: Final = (type(_EMPTY.keys()), type(_EMPTY.values()), type(_EMPTY.items()))
_SEQUENCES: Final = (list, tuple, set, frozenset, range, *_VIEWS)


class LimitExceeded(TemplateRuntimeError):
    """The template does more than a message may cost; the text says which limit."""


class Budget:
    """What is left for one message. No clock: a message that passes once passes always."""

    __slots__ = ("_limit", "characters", "steps")

    def __init__(self, largest_mail: int) -> None:
        """`largest_mail` in bytes."""
        self._limit = max(largest_mail * _TIMES_OVER, _LEAST_CHARACTERS)
        self.characters: float = self._limit
        self.steps: float = STEPS

    def spend(self, steps: float) -> None:
        """A number below 0, which a template may well ask for, gives nothing back."""
        left = self.steps - max(steps, 0)
        # What is no number is not enough either.
        self.steps = left if left >= 0 else -1
        if self.steps < 0:
            raise LimitExceeded(f"it takes more than {STEPS} steps")

    def make(self, characters: float) -> None:
        """Before text is made, or as it is."""
        left = self.characters - max(characters, 0)
        self.characters = left if left >= 0 else -1
        if self.characters < 0:
            raise LimitExceeded(f"it makes more than {self._limit} characters of text")

    def gather(self, pieces: Iterable[str]) -> str:
        """The pieces as one text; none is asked for that there is no room for."""
        gathered: list[str] = []
        characters, room = 0, self.characters
        for piece in pieces:
            characters += len(piece)
            if characters > room:
                break
            gathered.append(piece)
        self.make(characters)
        return "".join(gathered)


class _Nothing(Budget):
    """While a template is compiled: what costs anything is left to rendering."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0)
        self.steps = self.characters = -1


_NOTHING: Final = _Nothing()
CURRENT: Final[ContextVar[Budget]] = ContextVar("CURRENT", default=_NOTHING)


def step() -> None:
    """Of every block of statements in a template, each time that it is run."""
    budget = CURRENT.get()
    budget.steps -= 1
    if budget.steps < 0:
        budget.spend(0)


def spend(steps: float) -> None:
    CURRENT.get().spend(steps)


def make(characters: float) -> None:
    CURRENT.get().make(characters)


def gather(pieces: Iterable[str]) -> str:
    return CURRENT.get().gather(pieces)


def counted(items: Iterable[object]) -> Iterator[object]:
    """The same, a step each."""
    for item in items:
        step()
        yield item


def charge(value: object) -> None:
    """For the text of a value with all that it holds, however often it holds the same."""
    if isinstance(value, _PLAIN):
        if isinstance(value, str):
            make(len(value))
        return
    budget = CURRENT.get()
    ahead = [value]
    while ahead:
        each = ahead.pop()
        if isinstance(each, str):
            budget.make(len(each))
        elif isinstance(each, dict):
            budget.spend(len(each))
            ahead += each.keys()
            ahead += each.values()
        elif isinstance(each, _SEQUENCES):
            budget.spend(len(each))
            ahead += each
        elif isinstance(each, Namespace):
            budget.spend(1)
            ahead.append(object.__getattribute__(each, "_Namespace__attrs"))
