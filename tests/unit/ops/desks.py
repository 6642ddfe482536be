"""What the admin calls act on, as the ops tests have it: everything answers at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.domain.subject import subject
from app.domain.suppression import Source as Made
from app.ops import Phase, create_app
from app.ops.broadcast import Broadcast
from app.ops.console_page import console_page
from app.ops.dead_letters import LetterFields, LetterPage, Mail, WholeLetter, dead_letters
from app.ops.glance import events, glancing
from app.ops.previews import Previews, previewing
from app.ops.problems import Fault, Problem
from app.ops.relaying import relaying
from app.ops.settings import Change, ShownSetting, changing_settings
from app.ops.steering import steering
from app.ops.suppressions import Checked, Done, Entry, EntryPage, suppressions
from app.ops.work import Desk, Work, working
from app.telemetry import Metrics
from app.telemetry.scrape import Scrape
from tests.unit.ops.sights import RELAY, Source, access

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import ASGIApp

    from app.ops import Access
    from app.ops.dead_letters import Replaying
    from app.ops.operation import Operation
    from app.ops.stats import RelayNumbers
    from app.ops.suppressions import ListingEntries, NewEntries
    from app.outcomes.dead_letters import Place, Selection

LETTER = LetterFields(
    partition=0,
    offset=17,
    id="m-1",
    type=None,
    error_kind="policy",
    error_code="550 5.7.1",
    error_text="no",
    failed_at="2026-01-31T12:00:00Z",
    attempts=1,
    first_seen=None,
    origin="q/0/1",
    recipients=["ann@example.com"],
    notes=[],
    replayed=False,
    replayed_at=None,
)


class Helm:
    """`app.ops.steering.Helm`; `said` is what it was told."""

    def __init__(self) -> None:
        self.steerable = True
        self.phase = Phase.RUNNING
        self.workers = 10
        self.said: list[str] = []

    def pause(self) -> None:
        self.said.append("pause")
        self.phase = Phase.PAUSED

    def resume(self) -> None:
        self.said.append("resume")
        self.phase = Phase.RUNNING

    def hold(self) -> None:
        self.said.append("hold")
        self.phase = Phase.DRAINING


class RelaysDesk:
    """`app.ops.relaying.RelaysDesk` with one relay."""

    def __init__(self) -> None:
        self.status = "closed"

    def of(self, name: str) -> RelayNumbers:
        if name != RELAY.name:
            raise Problem(404, "there is no relay of this name")
        return RELAY.model_copy(update={"status": self.status})

    def reset(self, name: str) -> None:
        self.status = "closed"

    def pause(self, name: str) -> None:
        self.status = "paused"

    def resume(self, name: str) -> None:
        self.status = "closed"


class Door:
    """`app.ops.settings.SettingsDoor` with two settings, one of which may change."""

    def __init__(self) -> None:
        self.values: dict[str, str | None] = {"EMAIL_WORKER_COUNT": "10"}

    def shown(self) -> dict[str, ShownSetting]:
        return {
            "EMAIL_WORKER_COUNT": ShownSetting(
                value="10", source="default", default="10", changeable=True
            ),
            "SMTP_HOST": ShownSetting(
                value="localhost", source="default", default="localhost", changeable=False
            ),
        }

    async def change(self, wanted: Mapping[str, str | None]) -> list[Change]:
        for name in wanted:
            if name not in self.values:
                raise Problem(422, f"{name}: no", errors=[Fault(where=f"body.{name}", detail="no")])
        changes = [
            Change(variable=name, before=self.values[name], after=text)
            for name, text in wanted.items()
        ]
        self.values |= wanted
        return changes


class Letters:
    """`app.ops.dead_letters.LettersDesk` with one letter."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def newest(self, selection: Selection, most: int, before: str | None) -> LetterPage:
        return LetterPage(letters=[LETTER], matching=1, next=None)

    async def at(self, place: Place) -> WholeLetter:
        if place != (LETTER.partition, LETTER.offset):
            raise Problem(404, f"no dead letter at {place}")
        mail = Mail(subject="s", text="t", html=None, recipients=[], attachments=[])
        return WholeLetter(
            **LETTER.model_dump(), headers=[], message={"id": "m-1"}, mail=mail, problem=None
        )

    async def replay(self, wanted: Replaying) -> Work:
        def start(_: Work) -> asyncio.Future[None]:
            return asyncio.get_running_loop().create_future()

        return self._desk.begin("dlq replay", start, str)


class Register:
    """`app.ops.suppressions.SuppressionsDesk` with one entry."""

    async def page(self, wanted: ListingEntries) -> EntryPage:
        return EntryPage(entries=[_entry("0" * 64)], matching=1, next=None)

    async def add(self, wanted: NewEntries) -> list[Done]:
        return [_done(each, "added") for each in wanted.addresses]

    async def remove(self, addresses: Sequence[str]) -> list[Done]:
        return [_done(each, "not there") for each in addresses]

    async def check(self, address: str) -> Checked:
        return Checked(digest=subject(address).digest.hex(), suppressed=False, entry=None)


def operations(helm: Helm | None = None, previews: Previews | None = None) -> list[Operation]:
    """Every call that is not for everybody."""
    door, desk = Door(), Desk()
    # Short, for a stream of events is read to its end here.
    broadcast = Broadcast(glancing(Source()), every_s=0.01, longest_s=0.02)
    return [
        *events(broadcast),
        *steering(helm or Helm(), door),
        *relaying(RelaysDesk()),
        *changing_settings(door),
        *dead_letters(Letters(desk), previews or Previews()),
        *working(desk),
        *suppressions(Register()),
    ]


def whole_app(helm: Helm | None = None, allowed: Access | None = None) -> ASGIApp:
    """As the service has it."""
    previews = Previews()
    calls = [*console_page(), *previewing(previews), *operations(helm, previews)]
    return create_app(Source(), Scrape(Metrics()), allowed or access(), calls)


def _entry(digest: str) -> Entry:
    return Entry(
        digest=digest, source=Made.BOUNCE, reason="r", since="2026-01-31T12:00:00Z", until=None
    )


def _done(address: str, result: str) -> Done:
    return Done(digest=subject(address).digest.hex(), result=result)
