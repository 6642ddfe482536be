"""The places within a page that are made, each between two marks."""

from __future__ import annotations

import re


def filled(page: str, name: str, made: str) -> str:
    """The page with the place of that name holding what is made; ValueError where it has none."""
    named = re.escape(name)
    begin = rf"<!-- {named}: made by `make reference` from [^\n]* -->\n"
    place = re.compile(rf"({begin}).*?(<!-- end of {named} -->\n)", re.DOTALL)
    text, found = place.subn(lambda marks: f"{marks[1]}\n{made.strip()}\n\n{marks[2]}", page)
    if found != 1:
        raise ValueError(f"{found} places for {name!r}; wanted is one, between {_marks(name)}")
    return text


def _marks(name: str) -> str:
    return f"<!-- {name}: made by `make reference` from … --> and <!-- end of {name} -->"
