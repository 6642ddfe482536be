"""What a text may cost that is made by `%` or `str.format`, whose fields may state their widths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from jinja2.exceptions import SecurityError

from app.composer.budget import charge, make, spend

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PERCENT_WIDTH: Final = re.compile(r"%[-+ #0]*([0-9]*)\.?([0-9]*)")
# A name in brackets may hold brackets, so whatever ends one may be followed by a width.
_NAMED_WIDTH: Final = re.compile(r"\)[-+ #0]*([0-9]*)\.?([0-9]*)")
_FIELD: Final = re.compile(r"\{[^{}]*\}")
_NESTED_FIELD: Final = re.compile(r"\{[^{}]*\{")
_DIGITS: Final = re.compile(r"[0-9]+")
_MOST_DIGITS: Final = 300


def charge_format(text: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """For `str.format`."""
    spend(text.count("{"))
    if _NESTED_FIELD.search(text.replace("{{", "").replace("}}", "")):
        raise SecurityError("a width within {} must be a number")
    widths = _DIGITS.findall("".join(_FIELD.findall(text)))
    _fill(text, widths, text.count("{"), (args, kwargs))


def charge_percent(text: str, values: object) -> None:
    """For `%`."""
    spend(text.count("%"))
    widths = [each for pair in _PERCENT_WIDTH.findall(text) for each in pair]
    if "%(" in text:
        widths += [each for pair in _NAMED_WIDTH.findall(text) for each in pair]
    if "*" in text and isinstance(values, tuple):
        widest = max((abs(each) for each in values if isinstance(each, int)), default=0)
        make(text.count("*") * widest)
    _fill(text, widths, text.count("%"), values)


def _fill(text: str, widths: Sequence[str], fields: int, values: object) -> None:
    """Each field may show all values, and has its width besides."""
    make(len(text))
    for width in widths:
        make(int(width[:_MOST_DIGITS] or 0))
    for _ in range(fields):
        charge(values)
