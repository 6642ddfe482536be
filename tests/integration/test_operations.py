"""What an operator sees and changes over HTTP while the service runs."""

from __future__ import annotations

import signal
import statistics
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.mails import flat
from tests.support.operator import TOKEN, Operator
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.service import Service
    from tests.support.services import Services
    from tests.support.topics import Topics


ANSWER_S = 0.1
# What is timed runs by itself: coverage makes it three times as slow.
UNCOVERED = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}


@pytest.fixture
def service(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    services: Services,
    kafka_tools: KafkaTools,
    topics: Topics,
    relay: RelayThread,
) -> Iterator[Service]:
    kafka_tools.create_topic(topics.queue, 2)
    (tmp_path / ".env").write_text("LOG_LEVEL=info\n")
    (tmp_path / "token").write_text(TOKEN)
    with services.to(
        relay.port,
        OPS_TOKEN_FILE="token",
        RETRY_DELAYS="1s,2s",
        **(UNCOVERED if request.node.get_closest_marker("alone") else {}),
    ) as service:
        yield service.wait_ready()


@pytest.fixture
def operator(service: Service) -> Iterator[Operator]:
    with Operator(service) as operator:
        yield operator


def test_an_operator_sees_pauses_resizes_and_drains(
    service: Service, operator: Operator, kafka_tools: KafkaTools, topics: Topics
) -> None:
    assert operator.get("/health")["status"] == "ok"
    assert operator.get("/health")["partitions"][topics.queue] == 2

    assert operator.told("POST", "/admin/pause") == {"phase": "paused"}
    assert operator.call("GET", "/health/ready").status_code == 503
    assert service.issues().keys() == {"paused"}
    kafka_tools.produce(topics.queue, [flat(number) for number in range(20)])
    wait_until(lambda: operator.get("/stats")["pool"]["queued"] == 20, "all wait")
    assert operator.get("/stats")["pool"]["completed"] == 0
    assert operator.told("POST", "/admin/pool/resize", {"workers": 3}) == {"workers": 3}
    assert operator.get("/stats")["pool"]["workers"] == 3
    assert operator.told("POST", "/admin/resume") == {"phase": "running"}
    wait_until(
        lambda: operator.get("/stats")["outcomes"]["total"]["statuses"] == {"delivered": 20},
        "all are delivered",
    )
    intake = [one for one in operator.get("/stats")["intake"] if one["topic"] == topics.queue]
    assert sum(one["position"] for one in intake) == 20
    wait_until(
        lambda: all(one["unsettled"] == 0 for one in operator.get("/stats")["intake"]),
        "all are settled",
    )

    assert operator.told("POST", "/admin/drain") == {"phase": "draining"}
    (issue,) = operator.call("GET", "/health/ready").json()["issues"]
    assert issue["code"] == "draining"
    kafka_tools.produce(topics.queue, [flat(number) for number in range(20, 25)])
    assert operator.get("/stats")["pool"]["submitted"] == 20
    assert operator.told("POST", "/admin/resume") == {"phase": "running"}
    wait_until(lambda: operator.get("/stats")["pool"]["completed"] == 25, "those go too")

    actions = [one["event"] for one in service.events if one["logger"] == "admin"]
    assert [
        "admin.pause",
        "admin.pool_resize",
        "admin.resume",
        "admin.drain",
        "admin.resume",
    ] == actions
    (resized,) = service.named("admin.pool_resize")
    assert (10, 3) == (resized["from"], resized["to"])
    assert resized["who"] == "token"
    assert resized["peer"] == "127.0.0.1"


def test_settings_change_while_running_all_or_none(service: Service, operator: Operator) -> None:
    shown = operator.get("/admin/settings")
    assert {"value": "********", "changeable": False} == {
        name: shown["OPS_TOKEN"][name] for name in ("value", "changeable")
    }
    assert TOKEN not in operator.call("GET", "/admin/settings").text

    refused = operator.call(
        "PATCH", "/admin/settings", {"LOG_LEVEL": "debug", "SMTP_PORT": 25, "NO_SUCH": "1"}
    )
    assert refused.status_code == 422
    assert ["body.SMTP_PORT", "body.NO_SUCH"] == [one["where"] for one in refused.json()["errors"]]
    assert operator.get("/admin/settings")["LOG_LEVEL"]["value"] == "info"
    tier = operator.call("PATCH", "/admin/settings", {"RETRY_DELAYS": "1s,7m"})
    assert tier.status_code == 422
    assert "retry-7m" in tier.json()["detail"]

    changed = operator.told(
        "PATCH", "/admin/settings", {"LOG_LEVEL": "warning", "RETRY_DELAYS": "2s"}
    )
    assert {
        "changed": [
            {"variable": "RETRY_DELAYS", "from": "1s,2s", "to": "2s"},
            {"variable": "LOG_LEVEL", "from": "info", "to": "warning"},
        ]
    } == changed
    assert operator.get("/admin/settings")["LOG_LEVEL"]["source"] == "changed while running"
    undone = operator.told("PATCH", "/admin/settings", {"LOG_LEVEL": None})
    assert [{"variable": "LOG_LEVEL", "from": "warning", "to": "info"}] == undone["changed"]


def test_sighup_reads_the_files_again(service: Service, operator: Operator) -> None:
    env_file = service.folder / ".env"
    env_file.write_text("LOG_LEVEL=loud\n")
    service.process.send(signal.SIGHUP)
    service.wait_for(lambda: "nothing was changed" in service.output, "it says what is wrong")
    env_file.write_text("LOG_LEVEL=debug\nEMAIL_WORKER_COUNT=4\nSMTP_HELO_NAME=me.example.com\n")
    service.process.send(signal.SIGHUP)
    service.wait_for(lambda: "settings read again, 2 changed" in service.output, "it is done")
    assert operator.get("/stats")["pool"]["workers"] == 4
    assert "at the next start only: SMTP_HELO_NAME" in service.output
    (service.folder / "token").write_text("the-next-token")
    service.process.send(signal.SIGHUP)
    service.wait_for(lambda: "settings read again, 1 changed" in service.output, "it is done")
    assert operator.call("GET", "/admin/settings").status_code == 401
    with Operator(service, "the-next-token") as renewed:
        assert renewed.told("POST", "/admin/pause") == {"phase": "paused"}
    assert "the-next-token" not in service.output


def test_dead_letters_are_listed_shown_and_replayed(
    service: Service, operator: Operator, kafka_tools: KafkaTools, topics: Topics
) -> None:
    bad = [{"id": f"bad-{number}", "to": "no address"} for number in range(5)]
    kafka_tools.produce(topics.queue, [*bad, b"no json"])
    kafka_tools.wait_for_records(topics.dlq, 6)

    page = operator.get("/admin/dlq", limit=4)
    assert page["matching"] == 6
    rest = operator.get("/admin/dlq", limit=4, before=page["next"])
    assert rest["next"] is None
    places = {(one["partition"], one["offset"]) for one in page["letters"] + rest["letters"]}
    assert len(places) == 6
    letter = next(one for one in page["letters"] if "JSON" not in one["error_text"])
    (one,) = operator.get("/admin/dlq", id=letter["id"])["letters"]
    assert one == letter
    whole = operator.get(f"/admin/dlq/{one['partition']}/{one['offset']}")
    assert whole["message"]["to"] == "no address"
    assert whole["mail"] is None
    assert whole["problem"]
    assert operator.call("GET", "/admin/dlq/0/999999999999999999").status_code == 404
    assert operator.call("GET", "/admin/dlq/77/0").status_code == 404

    begun = operator.call("POST", "/admin/dlq/replay", {"id": [letter["id"]]})
    assert begun.status_code == 202
    work = begun.headers["location"]
    wait_until(lambda: operator.get(work)["state"] != "running", "it is over")
    assert {"replayed": 1} == operator.get(work)["counts"]
    kafka_tools.wait_for_records(topics.dlq, 7)
    foreseen = operator.told("POST", "/admin/dlq/replay", {"all": True, "dry_run": True})
    work = f"/admin/operations/{foreseen['id']}"
    wait_until(lambda: operator.get(work)["state"] == "done", "it is over")
    assert sum(operator.get(work)["counts"].values()) == 7


def test_suppressions_are_added_checked_listed_and_removed(operator: Operator) -> None:
    address = "ann@example.com"
    added = operator.told(
        "POST", "/admin/suppressions", {"addresses": [address], "reason": "asked"}
    )
    (done,) = added["addresses"]
    assert done["result"] == "added"
    assert operator.told("POST", "/admin/suppressions/check", {"address": address})["suppressed"]
    (entry,) = operator.get("/admin/suppressions", source="manual")["entries"]
    assert (done["digest"], "asked") == (entry["digest"], entry["reason"])
    removed = operator.told("POST", "/admin/suppressions/remove", {"addresses": [done["digest"]]})
    assert ["removed"] == [one["result"] for one in removed["addresses"]]
    checked = operator.told("POST", "/admin/suppressions/check", {"address": address})
    assert not checked["suppressed"]
    refused = operator.call("POST", "/admin/suppressions", {"addresses": ["hidden.address"]})
    assert refused.status_code == 422
    assert "hidden.address" not in refused.text


def test_without_the_token_nothing_is_changed(service: Service) -> None:
    for token in (None, "another"):
        with Operator(service, token) as stranger:
            refused = stranger.call("POST", "/admin/pause")
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Bearer")
            assert stranger.call("GET", "/admin/dlq").status_code == 401
            assert stranger.get("/health")["phase"] == "running"


def test_one_relay_is_paused_and_resumed_and_its_breaker_reset(
    service: Service,
    operator: Operator,
    kafka_tools: KafkaTools,
    topics: Topics,
    relay: RelayThread,
) -> None:
    path = f"/admin/relays/127.0.0.1:{relay.port}"
    assert operator.call("POST", "/admin/relays/another/reset").status_code == 404

    assert operator.told("POST", f"{path}/pause")["status"] == "paused"
    (issue,) = operator.call("GET", "/health/ready").json()["issues"]
    assert issue["code"] == "relays_away"
    assert "an operator has paused it" in issue["text"]
    kafka_tools.produce(topics.queue, [flat(0)])
    wait_until(lambda: operator.get("/stats")["pool"]["submitted"] == 1, "it is taken up")
    assert operator.told("POST", f"{path}/resume")["status"] == "closed"
    relay.wait_for(1)

    changed = operator.told("PATCH", "/admin/settings", {"SMTP_BREAKER": "failures=1,reset=1h"})
    assert [one["variable"] for one in changed["changed"]] == ["SMTP_BREAKER"]
    relay.go()
    kafka_tools.produce(topics.queue, [flat(number) for number in range(1, 4)])
    wait_until(lambda: operator.get("/health")["status"] == "down", "the breaker is open")
    relay.come()
    assert operator.told("POST", f"{path}/reset")["status"] == "closed"
    kafka_tools.produce(topics.queue, [flat(4)])
    relay.wait_for(2)
    assert {1} == {one["attempt"] for one in service.named("email.delivered")}


def test_what_an_operator_does_is_in_the_log_at_every_level(
    service: Service, operator: Operator
) -> None:
    operator.told("PATCH", "/admin/settings", {"LOG_LEVEL": "error"})
    operator.told("POST", "/admin/pause")
    (changed,) = service.named("admin.settings")
    assert ("LOG_LEVEL", "info", "error") == tuple(
        changed[name] for name in ("variable", "from", "to")
    )
    assert [("running", "paused")] == [
        (one["from"], one["to"]) for one in service.named("admin.pause")
    ]


@pytest.mark.alone
def test_answers_quickly_while_every_worker_is_busy_and_the_queue_is_full(
    operator: Operator, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.produce(topics.queue, [flat(number) for number in range(3_000)])
    relay.wait_for(100)
    took: list[float] = []
    while len(relay.recipients) < 2_500 and len(took) < 90:
        for path in ("/health/ready", "/stats", "/metrics"):
            began = time.perf_counter()
            operator.call("GET", path).raise_for_status()
            took.append(time.perf_counter() - began)
    assert len(took) > 10, "it was busy for too short a time to tell"
    assert statistics.quantiles(took, n=10)[-1] < ANSWER_S
