"""Dead letters: what they say, and what an operator does with them. No printing, no settings.

Each operation is a coroutine over `Letters`, the open topic.
"""

from __future__ import annotations

from app.outcomes.dead_letters.letter import DeadLetter, Place, moment, read_letter
from app.outcomes.dead_letters.letters import Letters, NoSuchLetter
from app.outcomes.dead_letters.looking import (
    Age,
    Listed,
    Newest,
    each_letter,
    newest_letters,
    newest_of,
    statistics_of,
    with_value,
)
from app.outcomes.dead_letters.marks import Mark, Marks, state_topic
from app.outcomes.dead_letters.purging import Prefix, prefixes, purge
from app.outcomes.dead_letters.replaying import (
    Fate,
    Handled,
    Listener,
    Order,
    foresee,
    replay,
    transactional_id,
)
from app.outcomes.dead_letters.selection import EVERYTHING, Selection
from app.outcomes.dead_letters.statistics import Statistics, Tally

__all__ = [
    "EVERYTHING",
    "Age",
    "DeadLetter",
    "Fate",
    "Handled",
    "Letters",
    "Listed",
    "Listener",
    "Mark",
    "Marks",
    "Newest",
    "NoSuchLetter",
    "Order",
    "Place",
    "Prefix",
    "Selection",
    "Statistics",
    "Tally",
    "each_letter",
    "foresee",
    "moment",
    "newest_letters",
    "newest_of",
    "prefixes",
    "purge",
    "read_letter",
    "replay",
    "state_topic",
    "statistics_of",
    "transactional_id",
    "with_value",
]
