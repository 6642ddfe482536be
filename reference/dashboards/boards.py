"""Which dashboards there are: one to look at first, and one with everything."""

from __future__ import annotations

from typing import Final

from app.telemetry.metrics import CATALOGUE, Definition, intake, mail, pool, relay, service
from reference.dashboards.board import Board, Panel, Row
from reference.dashboards.query import CHOSEN, PREFIX, Query, queries, unit

_REPLICAS: Final = Query(f"count({PREFIX}_ready{{{CHOSEN}}})", "instances")
_ISSUES: Final = Query(f"sum by (code) ({PREFIX}_issue{{{CHOSEN}}}) > 0", "{{code}}")
_PHASES: Final = Query(queries(relay.PHASES, ("phase",))[1].expression, "{{phase}}")
_LAG_LINES: Final = (
    Query(f"sum({PREFIX}_intake_lag_records{{{CHOSEN}}})", "queue"),
    Query(f"sum({PREFIX}_intake_unsettled{{{CHOSEN}}})", "taken up, unsettled"),
)


def _memory() -> Panel:
    return Panel(
        "Memory",
        (Query(f"process_resident_memory_bytes{{{CHOSEN}}}", "{{instance}}"),),
        "bytes",
        "Of each process.",
    )


def _cpu() -> Panel:
    rate = f"rate(process_cpu_seconds_total{{{CHOSEN}}}[$__rate_interval])"
    return Panel("CPU", (Query(rate, "{{instance}}"),), "percentunit", "Of each process.")


OVERVIEW: Final = Board(
    "kafka-mailer",
    "kafka-mailer",
    (
        Row(
            "Now",
            (
                Panel.of("Ready", service.READY, kind="stat", width=3, height=4),
                Panel("Instances", (_REPLICAS,), kind="stat", width=3, height=4),
                Panel.of("Oldest in the queue", intake.LAG_SECONDS, kind="stat", width=4, height=4),
                Panel.of("Waiting for a retry", mail.WAITING, kind="stat", width=4, height=4),
                Panel.of("The last 100", mail.LAST, "fate", kind="stat", width=10, height=4),
            ),
        ),
        Row(
            "Mail",
            (
                Panel.of("Outcomes", mail.OUTCOMES, "status", stacked=True),
                Panel.of("Why not delivered", mail.OUTCOMES, "kind", stacked=True),
                Panel.of("Age at delivery", mail.AGE),
                Panel.of("By type", mail.BY_TYPE, "type"),
                Panel.of("By relay", mail.BY_RELAY, "relay", "status"),
                Panel.of("Dead letters", mail.DEAD_LETTERS, "kind", stacked=True),
            ),
        ),
        Row(
            "Relays",
            (
                Panel.of("Taken", relay.SENT, "relay", stacked=True),
                Panel.of("Refused by its own limit", relay.LIMITED, "relay"),
                Panel.of("Limit in force", relay.LIMIT, "relay"),
                Panel.of("Status", relay.STATUS, "relay", "status"),
                Panel.of("Trouble", relay.TROUBLE, "relay", "reason"),
                Panel("Seconds of each phase, p95", (_PHASES,), "s", f"{relay.PHASES.help}."),
            ),
        ),
        Row(
            "Waiting",
            (
                Panel("Messages", _LAG_LINES, about="Not taken up yet, and not settled yet."),
                Panel.of("Age of the oldest", intake.LAG_SECONDS, "topic"),
                Panel.of("Retry topics", mail.WAITING, "topic", stacked=True),
            ),
        ),
        Row(
            "Inside",
            (
                Panel("Issues", (_ISSUES,), about="What the health reports say."),
                Panel.of("Busy workers", pool.UTILISATION, "instance"),
                Panel.of("Event loop", service.LOOP_LAG),
                _memory(),
                _cpu(),
                Panel.of("No room to read", intake.PAUSED_SECONDS, "reader"),
            ),
        ),
    ),
)


def _everything(definition: Definition) -> Panel:
    return Panel(
        f"{PREFIX}_{definition.series}",
        tuple(queries(definition)),
        unit(definition),
        f"{definition.help}.",
    )


DETAILS: Final = Board(
    "kafka-mailer-details",
    "kafka-mailer: every metric",
    tuple(
        Row(title, tuple(map(_everything, definitions))) for title, definitions in CATALOGUE.items()
    ),
)

BOARDS: Final = (OVERVIEW, DETAILS)
