"""What `send` refuses before it asks Kafka anything."""

from __future__ import annotations

import pytest

from app.cli.main import run_command_line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Nothing to send"),
        (["--file", "-", "--to", "ann@example.com"], "either --file or the flags"),
        (["--to", "ann", "--subject", "Hi", "--text", "x"], "--to: is not a mail address"),
        (["--to", "ann@example.com", "--text", "x"], "--subject: is required"),
        (["--to", "a@example.com", "--send-at", "soon", "--template", "plain"], "--send-at: "),
        (["--file", "/nowhere"], "/nowhere: no such file or directory"),
        (["--file", "/"], "/: is a folder"),
        (["--smtp-host", "mail"], "No such option '--smtp-host'"),
    ],
)
def test_wrong_usage_ends_with_2_before_kafka_is_asked(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["send", *arguments]) == 2
    assert said in capsys.readouterr().err
