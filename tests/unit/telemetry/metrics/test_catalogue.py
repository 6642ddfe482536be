"""The definitions keep to what Prometheus recommends, and the documentation to them."""

from __future__ import annotations

import json
import re

import pytest

from app.telemetry.metrics import CATALOGUE, Kind, intake, mail, pool, relay, service
from app.telemetry.metrics.definition import Definition
from reference.dashboards.files import dashboards

ALL = [definition for section in CATALOGUE.values() for definition in section]
BOARDS = [json.loads(make()) for make in dashboards().values()]


def test_every_definition_is_in_the_catalogue_once() -> None:
    written = [
        value
        for module in (intake, mail, pool, relay, service)
        for value in vars(module).values()
        if isinstance(value, Definition)
    ]
    assert sorted(written, key=lambda each: each.name) == sorted(ALL, key=lambda each: each.name)
    assert len({each.name for each in ALL}) == len(ALL)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_a_definition_is_well_formed(each: Definition) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", each.name)
    assert not each.name.endswith(("_total", "_count", "_sum", "_bucket"))
    assert each.help
    assert not each.help.endswith(".")
    assert bool(each.buckets) == (each.kind is Kind.HISTOGRAM)
    assert list(each.buckets) == sorted(set(each.buckets))
    assert each.kind is not Kind.HISTOGRAM or each.name.endswith("_seconds")


def test_every_metric_is_on_a_dashboard() -> None:
    queries = " ".join(
        target["expr"]
        for board in BOARDS
        for panel in board["panels"]
        for target in panel.get("targets", [])
    )
    assert [each for each in ALL if f"mailer_{each.series}" not in queries] == []


def test_panels_do_not_overlap() -> None:
    for board in BOARDS:
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {
                (at["x"] + right, at["y"] + down)
                for right in range(at["w"])
                for down in range(at["h"])
            }
            assert at["x"] + at["w"] <= 24
            assert not cells & taken, panel["title"]
            taken |= cells
