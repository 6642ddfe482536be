"""How a pool is sized and how it behaves."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol

from app.flow import RetryPolicy
from app.pool.errors import InvalidConfig

if TYPE_CHECKING:
    from collections.abc import Callable


class Gate(Protocol):
    """Tells whether work may start."""

    def ready_in(self) -> float:
        """Seconds until work may start, 0 for now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """Checked when made: `InvalidConfig` names field, value and rule. Times are in seconds."""

    workers: int = 10
    buffer: int = 100
    min_workers: int | None = None
    max_workers: int | None = None
    max_bytes: int | None = None
    job_timeout: float | None = None
    shutdown_timeout: float = 30.0
    results_buffer: int = 1_000
    ageing: float = 5.0
    scale_up_at: int = 5
    scale_down_at: int = 2
    scale_up_cooldown: float = 5.0
    scale_down_cooldown: float = 10.0
    scale_interval: float = 1.0
    stuck_after: float | None = None
    retry: RetryPolicy | None = None
    breaker: Gate | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            rule, holds = _RULES[field.name]
            value = getattr(self, field.name)
            if not holds(value):
                raise InvalidConfig(field.name, value, rule)
        self._default("min_workers", self.workers)
        self._default("max_workers", self.workers)
        lowest, highest = self.bounds
        if not lowest <= self.workers:
            raise InvalidConfig("min_workers", lowest, f"at most workers ({self.workers})")
        if not self.workers <= highest:
            raise InvalidConfig("max_workers", highest, f"at least workers ({self.workers})")

    def _default(self, name: str, value: int) -> None:
        if getattr(self, name) is None:
            object.__setattr__(self, name, value)

    @property
    def bounds(self) -> tuple[int, int]:
        """Fewest and most workers."""
        return self.min_workers or self.workers, self.max_workers or self.workers

    @property
    def autoscaling(self) -> bool:
        lowest, highest = self.bounds
        return lowest < highest

    @classmethod
    def default(cls) -> PoolConfig:
        return cls()

    @classmethod
    def high_throughput(cls) -> PoolConfig:
        """5 to 50 workers, a buffer of 1,000."""
        return cls(workers=5, min_workers=5, max_workers=50, buffer=1_000)

    @classmethod
    def constrained(cls) -> PoolConfig:
        """1 to 5 workers, a buffer of 50."""
        return cls(workers=1, min_workers=1, max_workers=5, buffer=50)


_Rule = tuple[str, "Callable[[Any], bool]"]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _whole(least: int) -> _Rule:
    return f"a whole number of at least {least}", lambda v: _is_whole(v) and v >= least


def _seconds(*, zero: bool) -> _Rule:
    if zero:
        return "seconds, at least 0", lambda v: _is_number(v) and v >= 0
    return "seconds, more than 0", lambda v: _is_number(v) and v > 0


def _optional(rule: _Rule) -> _Rule:
    text, holds = rule
    return f"none, or {text}", lambda v: v is None or holds(v)


_RULES: dict[str, _Rule] = {
    "workers": _whole(1),
    "buffer": _whole(0),
    "min_workers": _optional(_whole(1)),
    "max_workers": _optional(_whole(1)),
    "max_bytes": _optional(_whole(1)),
    "job_timeout": _optional(_seconds(zero=False)),
    "shutdown_timeout": _seconds(zero=True),
    "results_buffer": _whole(1),
    "ageing": _seconds(zero=True),
    "scale_up_at": _whole(1),
    "scale_down_at": _whole(1),
    "scale_up_cooldown": _seconds(zero=True),
    "scale_down_cooldown": _seconds(zero=True),
    "scale_interval": _seconds(zero=False),
    "stuck_after": _optional(_seconds(zero=False)),
    "retry": ("none, or a RetryPolicy", lambda v: v is None or isinstance(v, RetryPolicy)),
    "breaker": (
        "none, or an object with ready_in()",
        lambda v: v is None or callable(getattr(v, "ready_in", None)),
    ),
}
