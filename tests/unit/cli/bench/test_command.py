"""No mail leaves without a recipient that was named and a question that was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.cli.bench import session
from app.cli.main import run_command_line

if TYPE_CHECKING:
    from pathlib import Path

    from app.cli.bench.order import Order

TO_RELAY = ("bench", "--to-relay", "--to", "load@example.com", "--email-from", "a@example.com")


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Every run that would have begun; each is cut short at once."""
    found: list[Order] = []

    def run(_loaded: Any, order: Order) -> None:
        found.append(order)

    monkeypatch.setattr(session, "run_bench", run)
    return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "a@example.com"], "--to and --yes go with --to-relay"),
        (["--yes"], "--to and --yes go with --to-relay"),
        (["--to-relay"], "--to-relay needs --to"),
        (["--to-relay", "--to", "a@example.com"], "Nobody is there to be asked"),
        (["--to-relay", "--to", "nobody", "--yes"], "--to"),
        (["--to-relay", "--to", "a@example.com", "--yes"], "set EMAIL_FROM"),
        ([*TO_RELAY[1:], "--yes", "--email-dry-run"], "EMAIL_DRY_RUN is on"),
        ([*TO_RELAY[1:], "--yes", "--relay-delay", "1s"], "are of the sink"),
        ([*TO_RELAY[1:], "--yes", "--relay-tls"], "are of the sink"),
        (["--mails", "99"], "--mails"),
        (["--rate", "0"], "--rate"),
        (["--message", "absent.json"], "--message"),
    ],
)
def test_wrong_usage_is_named_and_nothing_begins(
    arguments: list[str],
    said: str,
    asked_for: list[Order],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(["bench", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert asked_for == []


@pytest.mark.parametrize("text", ["[]", "{", '{"message": {"subject": "in an envelope"}}'])
def test_a_message_that_is_none_is_wrong_usage(
    text: str, tmp_path: Path, asked_for: list[Order]
) -> None:
    (tmp_path / "message.json").write_text(text)
    assert run_command_line(["bench", "--message", str(tmp_path / "message.json")]) == 2
    assert asked_for == []


def test_a_message_that_the_service_would_refuse_is_named(
    tmp_path: Path, asked_for: list[Order], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "message.json").write_text('{"subject": "two\\nlines", "text": "x"}')
    assert run_command_line(["bench", "--message", str(tmp_path / "message.json")]) == 2
    assert "subject" in capsys.readouterr().err
    assert asked_for == []


def test_a_message_keeps_all_but_whom_it_is_for(tmp_path: Path, asked_for: list[Order]) -> None:
    (tmp_path / "message.json").write_text(
        '{"id": "1", "to": "a@example.com", "cc": "b@example.com", "subject": "s", "text": "x"}'
    )
    run_command_line(["bench", "--message", str(tmp_path / "message.json")])
    assert [{"subject": "s", "text": "x"}] == [one.document for one in asked_for]


@pytest.mark.parametrize(("answer", "code", "begun"), [(False, 1, 0), (True, 130, 1)])
def test_whoever_sits_there_is_asked_how_many_go_where(
    answer: bool,
    code: int,
    begun: int,
    asked_for: list[Order],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions: list[str] = []

    def confirm(question: str, **_: Any) -> bool:
        questions.append(question)
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.confirm", confirm)
    assert run_command_line([*TO_RELAY, "--smtp-host", "mail.example.com"]) == code
    assert len(asked_for) == begun
    assert questions == ["Send up to 500 mails through mail.example.com:587 to load@example.com?"]


def test_with_yes_nobody_is_asked(asked_for: list[Order]) -> None:
    assert run_command_line([*TO_RELAY, "--yes", "--mails", "200"]) == 130
    (order,) = asked_for
    assert (order.to_relay, order.mails) == (True, 200)
    assert order.recipients == ("load@example.com",)
