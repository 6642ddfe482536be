"""Regular expressions that operators write, held to what can be searched for without delay."""

from __future__ import annotations

import re
from re import (  # type: ignore[attr-defined, unused-ignore]  # known to some runs of mypy
    _constants,  # the only parser of them there is
    _parser,
)
from typing import Any, Final

from app.domain.reply_rule import SEARCHED

LONGEST: Final = 500
"""Characters of an expression."""
MOST_STEPS: Final = 100_000
"""Ways that a search may have to try from one character: two `.*`, or three `.{0,40}`."""

_REPEATS: Final = frozenset({_constants.MAX_REPEAT, _constants.MIN_REPEAT})
# What they hold comes last in their arguments. A possessive repeat gives nothing back.
_LAST: Final = frozenset(
    {
        _constants.SUBPATTERN,
        _constants.POSSESSIVE_REPEAT,
        _constants.ASSERT,
        _constants.ASSERT_NOT,
    }
)


def expression(text: str) -> re.Pattern[str]:
    """Compiled, in any case; ValueError for what is none, or what might search for very long."""
    if len(text) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    try:
        compiled = re.compile(text, re.IGNORECASE)
        steps = _steps(_parser.parse(text, re.IGNORECASE))
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    except (RecursionError, OverflowError):
        raise ValueError("is too deep") from None
    if steps > MOST_STEPS:
        raise ValueError(
            "might be searched for very long: at most two of * and + may follow each other; "
            "{0,40} says how far"
        )
    if compiled.search("") is not None:
        raise ValueError("matches any text")
    return compiled


def _steps(parsed: Any) -> int:
    """How many ways there are at most to match a sequence, beginning at one character."""
    product = 1
    for operation, argument in parsed:
        product *= _steps_of(operation, argument)
    return product


def _steps_of(operation: Any, argument: Any) -> int:
    if operation in _REPEATS:
        least, most, body = argument
        times = min(int(most), SEARCHED) - min(int(least), SEARCHED) + 1
        inner = _steps(body)
        if inner > 1 and int(most) > 1:
            raise ValueError("repeats what itself repeats or has alternatives, as (a+)+ does")
        return times * inner
    return sum(_steps(each) for each in _ways(operation, argument)) or 1


def _ways(operation: Any, argument: Any) -> list[Any]:
    """The sequences that an operation chooses between; none for a single character."""
    if operation is _constants.BRANCH:
        return list(argument[1])
    if operation is _constants.GROUPREF_EXISTS:
        return [each for each in argument[1:] if each]
    if operation is _constants.ATOMIC_GROUP:
        return [argument]
    if operation in _LAST:
        return [argument[-1]]
    return []
