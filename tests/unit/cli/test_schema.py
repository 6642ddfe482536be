"""`kafka-mailer schema`."""

from __future__ import annotations

import json

import pytest

from app.cli.main import run_command_line
from app.cli.schema import NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_printed_as_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["schema", name]) == 0
    assert json.loads(capsys.readouterr().out)


def test_the_topics_are_those_of_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--kafka-topic", "shop", "--retry-delays", "1m", "--email-results-topic="]
    assert run_command_line(["schema", "asyncapi", *flags]) == 0
    channels = json.loads(capsys.readouterr().out)["channels"]
    assert {name: each["address"] for name, each in channels.items()} == {
        "queue": "shop",
        "retry1m": "shop-retry-1m",
        "deadLetters": "email-dlq",
        "suppressions": "email-suppressions",
    }


def test_another_name_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(["schema", "mesage"]) == 2
    assert "'message', 'result', 'asyncapi', 'openapi'" in capsys.readouterr().err
