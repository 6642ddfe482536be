"""A bar tells which part of a run is on; without a terminal one line does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, TextColumn

from app.cli.bench.progress import Steps

if TYPE_CHECKING:
    import pytest


def test_each_step_says_how_far_it_is() -> None:
    said = io.StringIO()
    bar = Progress(
        TextColumn("{task.fields[count]}"), console=Console(file=said, force_terminal=True)
    )
    with Steps(lambda: bar) as steps:
        steps.step("full load")
        (task,) = bar.tasks
        assert (task.total, task.fields["count"]) == (None, "full load")
        steps.far(1200, 0.25)
        assert (task.completed, task.fields["count"]) == (0.25, "full load: 1,200 mails")
        steps.far(5000, 1.7)
        assert task.completed == 1.0
        steps.say("Topic [here]")
        shown = bar.live.is_started
    assert (shown, bar.live.is_started) == (True, False)
    assert "Topic [here]" in said.getvalue()


def test_without_a_terminal_only_what_stays_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with Steps(lambda: None) as steps:
        steps.step("warming up")
        steps.far(1, 0.5)
        steps.say("Topic here")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Topic here\n")
