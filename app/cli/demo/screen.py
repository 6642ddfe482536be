"""What the terminal shows: a live table, or plain lines where nobody looks on."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

import click
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.cli.demo.journey import DEAD, DELIVERED, QUEUED, RETRYING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.cli.demo.journey import Journey, Journeys
    from app.embedded.mail import ReceivedMail

    FindMail = Callable[[str | None], ReceivedMail | None]

COLOURS: Final = {QUEUED: "cyan", RETRYING: "yellow", DELIVERED: "green", DEAD: "red"}
ROWS_BESIDE_THE_TABLE: Final = 4
TITLE_WIDTH, STATE_WIDTH = 27, 17


class Screen(Protocol):
    """`begin` names the places to look at; `find_mail` takes a Message-ID, or None for none.

    `interactive` tells that somebody may be looking on. `changed` and `tick` never wait.
    """

    @property
    def interactive(self) -> bool: ...

    def begin(
        self,
        places: Sequence[tuple[str, str]],
        journeys: Journeys,
        find_mail: FindMail,
    ) -> None: ...

    def changed(self, journey: Journey) -> None: ...

    def tick(self) -> None: ...

    def say(self, text: str) -> None: ...

    def end(self) -> None: ...


def open_screen() -> Screen:
    """For standard output, whatever it is."""
    # Not rich's own judgement, which FORCE_COLOR turns.
    if not sys.stdout.isatty():
        return PlainScreen()
    console = Console(highlight=False)
    return PlainScreen() if console.is_dumb_terminal else LiveScreen(console)


def state_of(journey: Journey, now: datetime) -> str:
    """The state, with the seconds left where it waits."""
    if journey.due is None or journey.ended:
        return journey.state
    left = max(0, round((journey.due - now).total_seconds()))
    word = RETRYING if journey.state == RETRYING else "scheduled"
    return f"{word} in {left} s" if left else f"{word} now"


def summary(journeys: Journeys) -> str:
    """`12 of 14 ended: 10 delivered, 2 dead`."""
    counts = Counter(one.state for one in journeys if one.ended)
    told = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    return f"{sum(counts.values())} of {len(journeys)} ended" + (f": {told}" if told else "")


class PlainScreen:
    """One line for each change; no control codes."""

    interactive = False

    def __init__(self) -> None:
        self._journeys: Journeys | None = None

    def begin(
        self,
        places: Sequence[tuple[str, str]],
        journeys: Journeys,
        find_mail: FindMail,
    ) -> None:
        del find_mail
        self._journeys = journeys
        for name, place in places:
            self.say(f"{name:<9} {place}")

    def changed(self, journey: Journey) -> None:
        state = state_of(journey, datetime.now(UTC))
        title = f"{journey.title:<{TITLE_WIDTH}}"
        self.say(f"{title}  {state:<{STATE_WIDTH}}  {journey.detail}".rstrip())

    def tick(self) -> None:
        """Nothing moves."""

    def say(self, text: str) -> None:
        click.echo(text)

    def end(self) -> None:
        if self._journeys is not None:
            self.say(summary(self._journeys))


class LiveScreen:
    """A table whose rows move, below what stands still."""

    interactive = True

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._render: Callable[[], Group] | None = None

    def begin(
        self,
        places: Sequence[tuple[str, str]],
        journeys: Journeys,
        find_mail: FindMail,
    ) -> None:
        for name, place in places:
            self._console.print(f"  [bold]{name:<9}[/] {escape(place)}", soft_wrap=True)
        self._console.print()

        def render() -> Group:
            rows = max(1, self._console.height - ROWS_BESIDE_THE_TABLE)
            made = table(list(journeys)[-rows:], find_mail, datetime.now(UTC))
            return Group(made, Text(f"\n{summary(journeys)}"))

        self._render = render
        self._live = Live(render(), console=self._console, auto_refresh=False)
        self._live.start()

    def changed(self, journey: Journey) -> None:
        """The next tick shows it."""

    def tick(self) -> None:
        if self._live and self._render:
            self._live.update(self._render(), refresh=True)

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def end(self) -> None:
        if self._live:
            self.tick()
            self._live.stop()
            self._live = None


def table(journeys: Sequence[Journey], find_mail: FindMail, now: datetime) -> Table:
    """A row for each; mails of the user's own are called by their subject once it is known."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    made.add_column("Message", no_wrap=True, width=TITLE_WIDTH)
    made.add_column("State", no_wrap=True, width=STATE_WIDTH)
    made.add_column("What happened", no_wrap=True, overflow="ellipsis", ratio=1)
    made.add_column("Mail", justify="right", no_wrap=True, width=4)
    for journey in journeys:
        mail = find_mail(journey.message_id)
        title = f"Yours: {mail.subject}" if mail and not journey.scene else journey.title
        made.add_row(
            Text(title, style="bold"),
            Text(state_of(journey, now), style=COLOURS.get(journey.state, "magenta")),
            Text(journey.detail, style="dim"),
            str(mail.number) if mail else "",
        )
    return made
