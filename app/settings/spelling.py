"""Variables that look like a setting of ours but are none: most likely misspelt."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from app.settings.options import options

if TYPE_CHECKING:
    from collections.abc import Iterable

_CUTOFF = 0.82


def notices_of_spelling(variables: Iterable[str]) -> list[str]:
    """A line for each variable that is nearly one of ours."""
    known = {each.variable for each in options() if not each.details.flag_only}
    known |= {each.file_variable for each in options() if each.secret}
    prefixes = tuple({name.split("_", 1)[0] + "_" for name in known})
    notices = []
    for name in sorted(set(variables) - known):
        near = get_close_matches(name, known, 1, _CUTOFF) if name.startswith(prefixes) else []
        if near:
            notices.append(f"{name} is not a setting and is ignored; did you mean {near[0]}?")
    return notices
