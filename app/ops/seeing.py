"""The calls that show how the service is and change nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, Field

from app.ops.health import Issue, Snapshot, Status, issues_of, live_issues, status_of
from app.ops.issues import Code, Severity
from app.ops.operation import Call, Operation, Reply
from app.ops.stats import Stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.telemetry.scrape import Scrape


class Identity(BaseModel):
    """Which instance this is."""

    version: str
    instance: str
    started_at: datetime


class Sight(Protocol):
    """Whoever knows how the service is; each call is cheap, and never waits."""

    @property
    def identity(self) -> Identity: ...

    def snapshot(self) -> Snapshot: ...

    def stats(self) -> Stats: ...


class FoundIssue(BaseModel):
    """Something wrong."""

    code: Code
    severity: Severity
    text: str
    since: datetime | None = Field(description="Since when, where that is known.")
    action: str = Field(description="What to do.")


class Probe(BaseModel):
    """The answer to who asks whether to restart the process, or to send it work."""

    status: str
    issues: list[FoundIssue]


class RelayReport(BaseModel):
    name: str
    usable: bool
    since: datetime | None
    trouble: str


class HealthReport(BaseModel):
    """All that is known of the service's health."""

    status: Status
    phase: str
    version: str
    instance: str
    started_at: datetime
    uptime_s: float
    partitions: dict[str, int] = Field(description="How many are assigned, by topic.")
    relays: list[RelayReport]
    issues: list[FoundIssue]


def seeing(sight: Sight, scrape: Scrape) -> list[Operation]:
    """`/health/live`, `/health/ready`, `/health`, `/stats` and `/metrics`."""

    async def live(_: Call) -> Reply:
        return _probe("live", live_issues(sight.snapshot()))

    async def ready(_: Call) -> Reply:
        return _probe("ready", issues_of(sight.snapshot()))

    async def health(_: Call) -> Reply:
        return Reply(health_report(sight, sight.stats()))

    async def stats(_: Call) -> Reply:
        return Reply(sight.stats())

    async def scraped(call: Call) -> Reply:
        exposed = await scrape(call.accept)
        return Reply(exposed.body, headers={"content-type": exposed.media_type})

    return [
        Operation(
            method="GET",
            path="/health/live",
            name="live",
            about="Whether the process does its work; 503 when it should be replaced.",
            handle=live,
            answers={200: Probe, 503: Probe},
        ),
        Operation(
            method="GET",
            path="/health/ready",
            name="ready",
            about="Whether mail flows through this instance; 503 when it does not.",
            handle=ready,
            answers={200: Probe, 503: Probe},
        ),
        Operation(
            method="GET",
            path="/health",
            name="health",
            about="Health in full: what is wrong, since when, what to do.",
            handle=health,
            answers={200: HealthReport},
        ),
        Operation(
            method="GET",
            path="/stats",
            name="stats",
            about="The service's numbers.",
            handle=stats,
            answers={200: Stats},
        ),
        Operation(
            method="GET",
            path="/metrics",
            name="metrics",
            about="The numbers for Prometheus, as text or, where that is preferred, OpenMetrics.",
            handle=scraped,
            answers={200: None},
            media_type="text/plain",
        ),
    ]


def _probe(good: str, issues: Sequence[Issue]) -> Reply:
    bad = status_of(issues) is Status.DOWN
    body = Probe(status=f"not {good}" if bad else good, issues=_found(issues))
    return Reply(body, 503 if bad else 200)


def health_report(sight: Sight, stats: Stats) -> HealthReport:
    """All that is known now."""
    snapshot = sight.snapshot()
    issues = issues_of(snapshot)
    partitions: dict[str, int] = {}
    for each in stats.intake:
        partitions[each.topic] = partitions.get(each.topic, 0) + 1
    return HealthReport(
        status=status_of(issues),
        phase=snapshot.phase,
        version=sight.identity.version,
        instance=sight.identity.instance,
        started_at=sight.identity.started_at,
        uptime_s=stats.uptime_s,
        partitions=partitions,
        relays=[
            RelayReport(name=it.name, usable=it.usable, since=it.since, trouble=it.trouble)
            for it in snapshot.relays
        ],
        issues=_found(issues),
    )


def _found(issues: Sequence[Issue]) -> list[FoundIssue]:
    return [
        FoundIssue(
            code=each.code,
            severity=each.severity,
            text=each.text,
            since=each.since,
            action=each.action,
        )
        for each in issues
    ]
