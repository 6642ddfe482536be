"""A dashboard as Grafana reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reference.dashboards.query import PREFIX, Query, queries, unit

if TYPE_CHECKING:
    from app.telemetry.metrics import Definition

_WIDTH: Final = 24
_SOURCE: Final = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph, or large numbers where `kind` is `stat`; `width` in Grafana's 24ths."""

    title: str
    queries: tuple[Query, ...]
    unit: str = "short"
    about: str = ""
    kind: str = "timeseries"
    width: int = 8
    height: int = 7
    stacked: bool = False

    @classmethod
    def of(cls, title: str, definition: Definition, *by: str, **how: Any) -> Panel:
        """One metric, told apart `by` these labels; its own help says what it shows."""
        return cls(
            title, tuple(queries(definition, by)), unit(definition), f"{definition.help}.", **how
        )


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """`uid` is its address within Grafana."""

    uid: str
    title: str
    rows: tuple[Row, ...]

    def document(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "title": self.title,
            "tags": ["kafka-mailer"],
            "editable": True,
            "graphTooltip": 1,
            "refresh": "10s",
            "schemaVersion": 39,
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "browser",
            "links": [
                {
                    "type": "dashboards",
                    "tags": ["kafka-mailer"],
                    "title": "kafka-mailer",
                    "asDropdown": False,
                    "includeVars": True,
                    "keepTime": True,
                }
            ],
            "templating": {"list": _variables()},
            "panels": self._placed(),
        }

    def _placed(self) -> list[dict[str, Any]]:
        placed: list[dict[str, Any]] = []
        y = 0
        for row in self.rows:
            at = {"x": 0, "y": y, "w": _WIDTH, "h": 1}
            placed.append(
                {
                    "id": len(placed) + 1,
                    "type": "row",
                    "title": row.title,
                    "gridPos": at,
                    "collapsed": False,
                    "panels": [],
                }
            )
            y += 1
            x = highest = 0
            for panel in row.panels:
                if x + panel.width > _WIDTH:
                    x, y, highest = 0, y + highest, 0
                at = {"x": x, "y": y, "w": panel.width, "h": panel.height}
                placed.append(_panel(panel, len(placed) + 1, at))
                x += panel.width
                highest = max(highest, panel.height)
            y += highest
        return placed


def _panel(panel: Panel, number: int, at: dict[str, int]) -> dict[str, Any]:
    options: dict[str, Any] = {"reduceOptions": {"calcs": ["lastNotNull"]}}
    custom: dict[str, Any] = {}
    if panel.kind == "timeseries":
        options = {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
        custom = {"fillOpacity": 10, "showPoints": "never"}
        if panel.stacked:
            custom |= {"fillOpacity": 40, "stacking": {"mode": "normal", "group": "A"}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "gridPos": at,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "custom": custom},
            "overrides": [],
        },
        "options": options,
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _SOURCE,
                "expr": query.expression,
                "legendFormat": query.legend or panel.title,
                "exemplar": "_bucket" in query.expression,
            }
            for place, query in enumerate(panel.queries)
        ],
    }


def _variables() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": "source",
            "label": "Prometheus",
            "type": "datasource",
            "query": "prometheus",
            "current": {},
        }
    ]
    for name, chosen in (("job", ""), ("instance", '{job=~"$job"}')):
        query = f"label_values({PREFIX}_info{chosen}, {name})"
        found.append(
            {
                "name": name,
                "label": name,
                "type": "query",
                "datasource": _SOURCE,
                "query": {"query": query, "refId": name},
                "refresh": 2,
                "includeAll": True,
                "multi": True,
                "allValue": ".*",
                "current": {"text": "All", "value": "$__all"},
            }
        )
    return found
