"""The faults that `kafka-mailer check` knows, for docs/check.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup.catalogue import ANYWHERE, FAULTS
from app.domain.finding import Area
from reference.markdown import escaped, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.finding import Fault

_PLACE: Final = re.compile(r"\{(\w+)[^}]*\}")


def check() -> str:
    """A table for each area."""
    parts = []
    for area in Area:
        parts += [f"### {area.title()}", _table([each for each in FAULTS if each.area is area])]
    return "\n\n".join([*parts, "### Anywhere", _table(ANYWHERE)])


def _table(faults: Sequence[Fault]) -> str:
    return table(
        ("code", "verdict", "what it says", "why it matters", "how to mend it"),
        [
            (
                f"`{each.code}`",
                each.verdict,
                _shown(each.words),
                _shown(each.why),
                _shown(each.mend),
            )
            for each in faults
        ],
    )


def _shown(text: str) -> str:
    return escaped(_PLACE.sub(r"*\1*", text))
