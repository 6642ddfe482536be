"""What filters, and methods of text, cost beside their result: by the signatures templates know.

All are upper bounds, found without making the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Final

from app.composer.budget import LimitExceeded, charge, make, spend
from app.composer.formats import charge_percent

_MOST_DIGITS: Final = 300
_MOST_INDENT: Final = 16
# `pprint` takes that many times longer than walking through what it shows.
_PRETTY: Final = 16


def _free(*_: object, **__: object) -> None:
    """For what is as quick whatever it is given."""


def whole(*args: object, **kwargs: object) -> None:
    """The text of all arguments."""
    spend(len(args))
    for each in (*args, *kwargs.values()):
        charge(each)


def _shallow(value: object = "", *_: object, **__: object) -> None:
    if isinstance(value, Sized):
        spend(len(value) >> 3)


def _item_by_item(*args: object, **kwargs: object) -> None:
    """Text is a sequence of characters here."""
    whole(*args, **kwargs)
    if args and isinstance(args[0], str):
        spend(len(args[0]))


def _slow(*args: object, **kwargs: object) -> None:
    """Some hundred nanoseconds for a character."""
    whole(*args, **kwargs)
    if args and isinstance(args[0], str):
        spend(len(args[0]) >> 2)


def _padded(value: object, width: int = 80, *_: object, **__: object) -> None:
    charge(value)
    make(width)


def _batch(value: object, linecount: int, fill_with: object = None) -> None:
    _shallow(value)
    if fill_with is not None:
        spend(linecount)


def _joined(value: object, d: object = "", attribute: object = None) -> None:
    _item_by_item(value, d, attribute)
    if isinstance(value, Sized):
        make(len(value) * len(str(d)))


def _formatted(text: object, *args: object, **kwargs: object) -> None:
    charge(text)
    charge_percent(str(text), kwargs or args)


def _indented(s: object, width: int | str = 4, *_: object, **__: object) -> None:
    if isinstance(s, list):
        # Jinja would add a line end to it, which is the message's own, before it fails.
        raise TypeError
    charge(s)
    lines = str(s).count("\n") + 1
    make(lines * (width if isinstance(width, int) else len(width)))


def _json(value: object, indent: int | None = None) -> None:
    charge(value)
    if indent is not None and indent > _MOST_INDENT:
        raise LimitExceeded(f"it indents by more than {_MOST_INDENT}")


def _pretty(value: object) -> None:
    spend(_PRETTY)
    for _ in range(_PRETTY):
        charge(value)


def _replaced(
    s: object, old: object, new: object, count: int | None = None, *_: object, **__: object
) -> None:
    whole(s, old, new)
    found = str(s).count(str(old))
    make(len(str(new)) * (found if count is None or count < 0 else min(found, count)))


def _rounded(value: object, precision: int = 0, *_: object, **__: object) -> None:
    charge(value)
    if abs(precision) > _MOST_DIGITS:
        raise LimitExceeded(f"it rounds to more than {_MOST_DIGITS} digits")


def _stripped(value: object, *_: object) -> None:
    """All is copied for each tag."""
    _slow(value)
    text = str(value)
    spend(text.count("<") * len(text) >> 12)


def _summed(value: object, attribute: object = None, start: object = 0) -> None:
    """Where lists are added, each is copied for each that follows."""
    _item_by_item(value, attribute, start)
    if isinstance(start, list | tuple) and isinstance(value, list):
        entries = sum(len(each) for each in value if isinstance(each, Sized))
        spend(entries * len(value) >> 8)


def _linked(value: object, *details: object, **named: object) -> None:
    """Each link has the details besides."""
    _slow(value)
    make(len(str(value)) // 4 * _length((*details, *named.values())))


def _wrapped(s: str, width: int = 79, *details: object, **named: object) -> None:
    """A word that is longer than a line is copied for each of its lines."""
    _slow(s)
    lines = len(s) // max(width, 1) + s.count("\n") + 1
    spend(len(s) * lines >> 12)
    make(2 * lines * _length((*details, *named.values())))


def _length(values: Iterable[object]) -> int:
    return sum(len(each) for each in values if isinstance(each, str))


def _split(text: str, *_: object, **__: object) -> None:
    spend(len(text) >> 4)


FILTERS: Final[Mapping[str, Callable[..., None]]] = {
    **dict.fromkeys(("abs", "attr", "count", "d", "default", "first"), _free),
    **dict.fromkeys(("last", "length"), _free),
    # What is no number is copied whole into an error, which nobody sees.
    **dict.fromkeys(("float", "int"), _slow),
    **dict.fromkeys(("items", "list", "map", "reject", "rejectattr", "reverse"), _shallow),
    **dict.fromkeys(("select", "selectattr", "slice"), _shallow),
    **dict.fromkeys(("title", "truncate", "urlencode", "wordcount"), _slow),
    **dict.fromkeys(("groupby", "max", "min", "sort", "unique"), _item_by_item),
    "batch": _batch,
    "center": _padded,
    "format": _formatted,
    "indent": _indented,
    "join": _joined,
    "pprint": _pretty,
    "replace": _replaced,
    "round": _rounded,
    "striptags": _stripped,
    "sum": _summed,
    "tojson": _json,
    "urlize": _linked,
    "wordwrap": _wrapped,
}
# Of text; its own length and that of all arguments are paid for anyway.
METHODS: Final[Mapping[str, Callable[..., None]]] = {
    **dict.fromkeys(("center", "ljust", "rjust", "zfill"), _padded),
    **dict.fromkeys(("rsplit", "split", "splitlines"), _split),
    "join": lambda text, items: _joined(items, text),
    "replace": _replaced,
    "striptags": _stripped,
    "title": _slow,
}
