"""A shared store that is away, or slow."""

from __future__ import annotations

from functools import partial

from app.bootstrap.checkup.state import StateFacts, judge_state
from tests.support.planted.planting import Planting

HEALTHY = partial(judge_state, StateFacts("redis:6379", 0.001))

PLANTED = (
    Planting(
        "store_unreachable",
        "STATE_URL",
        partial(judge_state, StateFacts("redis:6379", trouble="Connection refused")),
    ),
    Planting("store_slow", "nearer", partial(judge_state, StateFacts("redis:6379", 0.2))),
)
