"""Judging replies, deciding what becomes of a message, and what is written then: all pure."""

from __future__ import annotations

from app.outcomes.deciding import decide, decide_hop, decide_refused
from app.outcomes.decision import Decision, Routes, Suppressing, Unsent
from app.outcomes.durations import format_duration, parse_duration
from app.outcomes.headers import without_value
from app.outcomes.judging import Judge, Judgement, judge, judgement, too_many_connections
from app.outcomes.relay_id import relay_id
from app.outcomes.rules import TABLE, Rule
from app.outcomes.schedule import Schedule
from app.outcomes.unparked import decide_unparked

__all__ = [
    "TABLE",
    "Decision",
    "Judge",
    "Judgement",
    "Routes",
    "Rule",
    "Schedule",
    "Suppressing",
    "Unsent",
    "decide",
    "decide_hop",
    "decide_refused",
    "decide_unparked",
    "format_duration",
    "judge",
    "judgement",
    "parse_duration",
    "relay_id",
    "too_many_connections",
    "without_value",
]
