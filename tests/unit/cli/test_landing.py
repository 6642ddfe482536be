"""What is told while messages are on their way."""

from __future__ import annotations

import json

import pytest

from app.cli.landing import Landing
from app.cli.posting import Landed, Refusal
from app.kafka import Written

FIRST = Landed(1, "x1", Written("queue", 2, 7))


def test_one_message_is_told_without_a_sum(capsys: pytest.CaptureFixture[str]) -> None:
    with Landing(as_json=False) as landing:
        landing.landed(Landed(0, None, Written("queue", 2, 7)))
    assert capsys.readouterr() == ("queue/2/7\n", "")


def test_many_are_told_with_a_sum(capsys: pytest.CaptureFixture[str]) -> None:
    with Landing(as_json=False, many=True) as landing:
        landing.landed(FIRST)
        landing.refused(Refusal(2, "to", "is required"))
        landing.refused(Refusal(3, "", "topic queue refuses the record: too large"))
        landing.read(100)
    out, err = capsys.readouterr()
    assert out == "line 1: queue/2/7  x1\n"
    assert err.splitlines() == [
        "Error: line 2: to: is required",
        "Error: line 3: topic queue refuses the record: too large",
        "1 message in the queue, 2 refused",
    ]


def test_json_leaves_out_what_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with Landing(as_json=True, many=True) as landing:
        landing.landed(FIRST)
        landing.refused(Refusal(2, "to", "is required"))
        landing.refused(Refusal(3, "", "too large"))
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"line": 1, "id": "x1", "topic": "queue", "partition": 2, "offset": 7},
        {"line": 2, "field": "to", "error": "is required"},
        {"line": 3, "error": "too large"},
    ]


def test_trouble_is_told_once_until_it_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    with Landing(as_json=False) as landing:
        for reason in ("a", "b", None, "c"):
            landing.trouble(reason)
    assert capsys.readouterr().err.splitlines() == [
        "Warning: trying again: a",
        "Warning: trying again: c",
    ]


def test_nothing_is_summed_up_when_it_failed_before_the_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        with Landing(as_json=False, many=True):
            raise OSError("nobody answers")

    with pytest.raises(OSError, match="nobody answers"):
        fail()
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with Landing(as_json=False, many=True, total=10) as landing:
        landing.landed(FIRST)
        landing.read(10)
    out, err = capsys.readouterr()
    assert out == "line 1: queue/2/7  x1\n"
    assert "1 message " in err
    assert "\u2501" in err
    assert err.endswith("1 message in the queue\n")
