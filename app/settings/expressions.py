"""Regular expressions that operators write, held to what can be searched for without delay."""

from __future__ import annotations

import re
from re import _constants, _parser  # type: ignore[attr-defined]  # the only parser of them there is
from typing import Any, Final

from app.domain.reply_rule import SEARCHED

LONGEST: Final = 500
"""Characters of an expression."""
MOST_STEPS: Final = 100_000
"""Ways that a search may have to try from one character: two `.*`, or three `.{0,40}`."""

_REPEATS: Final = frozenset({_constants.MAX_REPEAT, _constants.MIN_REPEAT})
_ONE_WAY: Final = frozenset({_constants.ATOMIC_GROUP, _constants.POSSESSIVE_REPEAT})


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
    if operation in _ONE_WAY:
        # Gives nothing back, but has to find its one way within.
        return _steps(argument[-1] if operation is _constants.POSSESSIVE_REPEAT else argument)
    if operation is _constants.BRANCH:
        return sum(_steps(each) for each in argument[1])
    if operation is _constants.GROUPREF_EXISTS:
        return sum(_steps(each) for each in argument[1:] if each)
    if operation is _constants.SUBPATTERN:
        return _steps(argument[3])
    if operation in {_constants.ASSERT, _constants.ASSERT_NOT}:
        return _steps(argument[1])
    return 1
