"""A verdict on the pool."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.pool.phase import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.pool.core import Core

_MANY_ERRORS = 0.1
_MOSTLY_ERRORS = 0.5
_NEARLY_ALL_BYTES = 0.9
_FULL_FOR = 10.0


class HealthStatus(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Health:
    """`degraded` with any issue, `unhealthy` with a grave one.

    Grave are: the pool does not run, most jobs fail, every worker is stuck, stragglers.
    """

    status: HealthStatus
    issues: tuple[str, ...]


def health_of(core: Core) -> Health:
    grave = tuple(_grave_issues(core))
    issues = grave + tuple(_issues(core))
    if grave:
        return Health(HealthStatus.UNHEALTHY, issues)
    return Health(HealthStatus.DEGRADED if issues else HealthStatus.HEALTHY, issues)


def _grave_issues(core: Core) -> Iterator[str]:
    if core.phase is Phase.NEW:
        yield "the pool has not been started"
    elif core.phase is Phase.STOPPED:
        yield "the pool has stopped"
    if core.stopping.stragglers:
        yield f"stragglers: {', '.join(core.stopping.stragglers)}"
    if _error_share(core) > _MOSTLY_ERRORS:
        yield f"errors: {_error_share(core):.0%} of the last minute's jobs"
    stuck = core.watch.stuck()
    if stuck and len(stuck) >= core.live:
        yield "every worker is stuck"


def _issues(core: Core) -> Iterator[str]:
    if core.gatekeeper is not None and core.gatekeeper.is_shut():
        yield "breaker: open, nothing is started"
    if _MANY_ERRORS < _error_share(core) <= _MOSTLY_ERRORS:
        yield f"errors: {_error_share(core):.0%} of the last minute's jobs"
    most = core.config.max_bytes
    if most is not None and core.bytes_inside + core.bytes_unread > _NEARLY_ALL_BYTES * most:
        yield f"bytes: {(core.bytes_inside + core.bytes_unread) / most:.0%} of max_bytes"
    if core.room <= 0 and core.now() - core.door.full_since > _FULL_FOR:
        yield f"buffer: full for {core.now() - core.door.full_since:.0f} s"
    for job in core.watch.stuck():
        yield f"stuck: job {job.job_id} has been running for {job.run_s:.1f} s"


def _error_share(core: Core) -> float:
    ended, failed = core.recorder.last_minute()
    return failed / ended if ended else 0.0
