"""The table fits the terminal, and plain lines hold no control codes."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from app.cli.demo.journey import Journey, Journeys
from app.cli.demo.scenario import Scene, scenario
from app.cli.demo.screen import LiveScreen, PlainScreen, open_screen, state_of, summary, table
from app.embedded.mail import ReceivedMail

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def drawn(journeys: list[Journey], width: int = 80) -> list[str]:
    mail = ReceivedMail(7, NOW, "s@example.com", (), b"Subject: Mine\n\n")
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(table(journeys, lambda found: mail if found == "<m>" else None, NOW))
    return capture.get().splitlines()


def test_no_row_is_broken_or_cut_at_80_columns_but_for_its_detail() -> None:
    journeys = Journeys()
    for n, scene in enumerate(scenario(NOW)):
        journeys.add(f"q/0/{n}", scene).detail = "d" * 200

    lines = drawn(list(journeys))

    assert len(lines) == len(journeys) + 1
    assert all(len(line) <= 80 for line in lines)
    for line, journey in zip(lines[1:], journeys, strict=True):
        assert line.startswith(journey.title)
        assert state_of(journey, NOW) in line


def test_a_delivered_mail_shows_its_number_in_the_mailbox() -> None:
    journey = Journey("Hello", Scene("Hello", {}), state="delivered", message_id="<m>")

    assert drawn([journey])[1].split() == ["Hello", "delivered", "7"]


def test_a_mail_of_the_users_own_is_called_by_its_subject() -> None:
    journey = Journey("Yours: q-0-1", None, state="delivered", message_id="<m>")

    assert drawn([journey])[1].startswith("Yours: Mine  ")


def test_markup_in_a_reply_is_shown_as_it_is() -> None:
    journey = Journey("t", None, state="dead", detail="[red]no[/red]")

    assert "[red]no[/red]" in drawn([journey])[1]


@pytest.mark.parametrize(
    ("state", "left", "shown"),
    [
        ("queued", None, "queued"),
        ("queued", 4.2, "scheduled in 4 s"),
        ("queued", -1, "scheduled now"),
        ("retrying", 2, "retrying in 2 s"),
        ("delivered", 2, "delivered"),
    ],
)
def test_what_waits_counts_down(state: str, left: float | None, shown: str) -> None:
    due = None if left is None else NOW + timedelta(seconds=left)

    assert state_of(Journey("t", None, state=state, due=due), NOW) == shown


def test_the_summary_counts_the_endings() -> None:
    journeys = Journeys()
    assert summary(journeys) == "0 of 0 ended"
    for n, state in enumerate(["delivered", "delivered", "dead", "queued"]):
        journeys.add(f"q/0/{n}", Scene("t", {})).state = state

    assert summary(journeys) == "3 of 4 ended: 2 delivered, 1 dead"


def test_plain_lines_hold_no_control_codes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    screen = open_screen()
    journeys = Journeys()
    screen.begin([("Mailbox", "http://127.0.0.1:8025")], journeys, lambda _: None)
    screen.changed(journeys.add("q/0/0", Scene("Hello", {})))
    screen.tick()
    screen.end()

    assert isinstance(screen, PlainScreen)
    assert not screen.interactive
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert said.splitlines() == [
        "Mailbox   http://127.0.0.1:8025",
        "Hello                        queued",
        "0 of 1 ended",
    ]


def test_the_live_table_keeps_to_the_height_of_the_terminal() -> None:
    out = io.StringIO()
    screen = LiveScreen(Console(file=out, force_terminal=True, width=100, height=10))
    journeys = Journeys()
    screen.begin([], journeys, lambda _: None)
    for n in range(30):
        journeys.add(f"q/0/{n}", Scene(f"mail {n:02}", {}))
    screen.tick()
    screen.end()

    last_frame = out.getvalue().rpartition("Message")[2]
    assert [n for n in range(30) if f"mail {n:02}" in last_frame] == list(range(24, 30))
