"""What the flags of one message make."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest

from app.cli.message_flags import message_flags, message_from

if TYPE_CHECKING:
    from pathlib import Path


def _made(*arguments: str) -> dict[str, Any]:
    made: dict[str, Any] = {}

    @message_flags
    @click.command()
    def command(**parameters: Any) -> None:
        made.update(message_from(parameters))

    command.main(list(arguments), "send", standalone_mode=False)
    return made


def test_no_flag_makes_nothing() -> None:
    assert _made() == {}


def test_flags_fill_the_fields_of_the_contract() -> None:
    arguments = (
        *("--to", "ann@example.com", "--to", "Bob <bob@example.com>", "--cc", "c@example.com"),
        *("--bcc", "d@example.com", "--reply-to", "e@example.com", "--from", "f@example.com"),
        *("--subject", "Hi", "--text", "Hello", "--html", "<p>Hello", "--id", "x1"),
        *("--type", "greeting", "--priority", "high", "--max-retries", "0", "--locale", "pt-BR"),
        *("--tag", "a", "--tag", "b", "--header", "X-Shop: main: one", "--template", "plain"),
    )
    assert _made(*arguments) == {
        "to": ["ann@example.com", "Bob <bob@example.com>"],
        "cc": ["c@example.com"],
        "bcc": ["d@example.com"],
        "reply_to": ["e@example.com"],
        "from": "f@example.com",
        "subject": "Hi",
        "text": "Hello",
        "html": "<p>Hello",
        "id": "x1",
        "type": "greeting",
        "priority": "high",
        "max_retries": 0,
        "locale": "pt-BR",
        "tags": ["a", "b"],
        "headers": {"X-Shop": "main: one"},
        "template": "plain",
    }


def test_data_is_json_where_it_looks_like_it_and_text_elsewhere() -> None:
    arguments = (
        *("--data", "name=Ann", "--data", "count=3", "--data", "ok=true", "--data", "a=b=c"),
        *("--data", 'items=[{"name": "Tea"}]', "--data", "empty=", "--data", '{"total": "9"}'),
    )
    assert _made(*arguments)["data"] == {
        "name": "Ann",
        "count": 3,
        "ok": True,
        "a": "b=c",
        "items": [{"name": "Tea"}],
        "empty": "",
        "total": "9",
    }


def test_texts_may_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("\ufeffGr\u00fc\u00dfe", encoding="utf-8")
    (tmp_path / "html").write_text("<p>", encoding="utf-8")
    made = _made("--text-file", str(tmp_path / "text"), "--html-file", str(tmp_path / "html"))
    assert made == {"text": "Gr\u00fc\u00dfe", "html": "<p>"}


def test_files_are_attached_with_their_type(tmp_path: Path) -> None:
    for name in ("bill.pdf", "notes.txt.gz", "unknown"):
        (tmp_path / name).write_bytes(name.encode())
    made = _made(*(part for path in sorted(tmp_path.iterdir()) for part in ("--attach", str(path))))
    assert [
        (each["filename"], each["content_type"], base64.b64decode(each["content"]))
        for each in made["attachments"]
    ] == [
        ("bill.pdf", "application/pdf", b"bill.pdf"),
        ("notes.txt.gz", "application/octet-stream", b"notes.txt.gz"),
        ("unknown", "application/octet-stream", b"unknown"),
    ]


def test_a_time_may_be_a_wait_from_now() -> None:
    made = _made("--send-at", "10m", "--expires-at", "2030-01-31T08:00:00Z")
    wait = datetime.fromisoformat(made["send_at"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)
    assert made["expires_at"] == "2030-01-31T08:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "name"], "neither name=value nor a JSON object"),
        (["--data", "{name"], "not JSON"),
        (["--metadata", "=x"], "neither name=value nor a JSON object"),
        (["--header", "X-Shop"], "not name:value"),
        (["--attach", "/nowhere"], "does not exist"),
        (["--priority", "urgent"], "is not one of"),
        (["--max-retries", "-1"], "not in the range"),
    ],
)
def test_refuses(arguments: list[str], said: str) -> None:
    with pytest.raises(click.UsageError) as refusal:
        _made(*arguments)
    assert said in refusal.value.format_message()


def test_refuses_a_text_that_is_given_twice_or_is_none(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"\xff")
    with pytest.raises(click.UsageError, match="not UTF-8 text"):
        _made("--text-file", str(path))
    with pytest.raises(click.UsageError, match="--text and --text-file"):
        _made("--text", "x", "--text-file", str(path))
