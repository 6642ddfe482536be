"""Settings that change while the service runs: all of a change or none, and nothing twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.bootstrap.live_settings import Changeable, LiveSettings
from app.ops.problems import Problem
from app.settings import InvalidSettings, load
from tests.support.waiting import run

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings import Settings


class Parts:
    """What takes settings anew; `taken` is what each was given."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, int | float]] = []
        self.objection: str | None = None

    async def workers(self, settings: Settings) -> None:
        await asyncio.sleep(0)
        self.taken.append(("workers", settings.email_worker_count))

    async def jitter(self, settings: Settings) -> None:
        await asyncio.sleep(0)
        self.taken.append(("jitter", settings.retry_jitter))

    def live(self, **flags: str) -> LiveSettings:
        workers = Changeable(
            frozenset({"email_worker_count"}), self.workers, lambda _: self.objection
        )
        jitter = Changeable(frozenset({"retry_jitter"}), self.jitter)
        return LiveSettings(load(flags), flags, [workers, jitter])


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_change_goes_before_a_flag_until_it_is_undone() -> None:
    live = Parts().live(email_worker_count="7")
    (change,) = run(live.change({"EMAIL_WORKER_COUNT": "5"}))
    assert ("7", "5") == (change.before, change.after)
    assert live.shown()["EMAIL_WORKER_COUNT"].source == "changed while running"
    (change,) = run(live.change({"EMAIL_WORKER_COUNT": None}))
    assert ("5", "7") == (change.before, change.after)
    assert live.settings.email_worker_count == 7


@pytest.mark.parametrize(
    "wanted",
    [
        {"RETRY_JITTER": "0.2", "EMAIL_WORKER_COUNT": "0"},
        {"RETRY_JITTER": "0.2", "SMTP_PORT": "25"},
        {"RETRY_JITTER": "0.2", "SMTP_PASSWORD": "x"},
        {"RETRY_JITTER": "0.2", "retry_jitter": "0.3"},
        {"RETRY_JITTER": "0.2", "NO_SUCH": "x"},
    ],
)
def test_with_anything_wrong_nothing_changes(wanted: dict[str, str | None]) -> None:
    parts = Parts()
    live = parts.live()
    with pytest.raises(Problem) as caught:
        run(live.change(wanted))
    assert caught.value.status_code == 422
    assert len(caught.value.errors) == 1
    assert parts.taken == []
    assert live.settings == load({}).settings


def test_where_a_part_objects_no_other_changes() -> None:
    parts = Parts()
    parts.objection = "not now"
    live = parts.live()
    with pytest.raises(Problem, match="not now"):
        run(live.change({"RETRY_JITTER": "0.2", "EMAIL_WORKER_COUNT": "5"}))
    assert parts.taken == []
    assert run(live.change({"RETRY_JITTER": "0.2"}))


def test_changes_at_the_same_time_all_count() -> None:
    live = Parts().live()

    async def main() -> None:
        await asyncio.gather(
            live.change({"EMAIL_WORKER_COUNT": "5"}), live.change({"RETRY_JITTER": "0.2"})
        )
        assert (await live.reread()).changed == []

    run(main())
    assert (5, 0.2) == (live.settings.email_worker_count, live.settings.retry_jitter)


def test_reading_again_takes_what_may_change_and_names_the_rest(here: Path) -> None:
    parts = Parts()
    live = parts.live(retry_jitter="0.3")
    (here / ".env").write_text("EMAIL_WORKER_COUNT=4\nRETRY_JITTER=0.5\nSMTP_PORT=25\n")
    found = run(live.reread())
    assert ["EMAIL_WORKER_COUNT"] == [each.variable for each in found.changed]
    assert ["SMTP_PORT"] == found.waiting
    assert [("workers", 4)] == parts.taken, "the flag still goes before the file"
    assert live.settings.smtp_port == 587


def test_reading_something_wrong_changes_nothing(here: Path) -> None:
    parts = Parts()
    live = parts.live()
    (here / ".env").write_text("EMAIL_WORKER_COUNT=many\nRETRY_JITTER=0.5\n")
    with pytest.raises(InvalidSettings):
        run(live.reread())
    assert parts.taken == []


def test_what_only_stands_elsewhere_is_reread_and_else_waits_and_holds_up_nothing(
    here: Path,
) -> None:
    parts = Parts()
    workers = Changeable(frozenset({"email_worker_count"}), parts.workers)
    login = Changeable(
        frozenset({"dkim_keys", "email_from"}),
        parts.jitter,
        lambda _: parts.objection,
        only_reread=True,
    )
    live = LiveSettings(load({}), {}, [workers, login])
    assert not live.shown()["EMAIL_FROM"].changeable
    with pytest.raises(Problem):
        run(live.change({"EMAIL_FROM": "ann@example.com"}))
    (here / ".env").write_text("EMAIL_FROM=ann@example.com\n")
    changed, waiting = run(live.reread())
    assert ["EMAIL_FROM"] == [each.variable for each in changed]
    assert not waiting
    parts.objection = "no"
    (here / ".env").write_text("EMAIL_FROM=ben@example.com\nEMAIL_WORKER_COUNT=3\n")
    changed, waiting = run(live.reread())
    assert ["EMAIL_WORKER_COUNT"] == [each.variable for each in changed]
    assert ["EMAIL_FROM"] == waiting
    assert live.settings.email_from == "ann@example.com"
