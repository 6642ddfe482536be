"""The tutorial, typed as it stands: each command does what the page says it does."""

from __future__ import annotations

import os
import re
import signal
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.demo import Demo
from tests.support.pages import DOCS, Snippet, snippets
from tests.support.ports import free_port
from tests.support.process import ChildProcess
from tests.support.service import INHERITED

if TYPE_CHECKING:
    from collections.abc import Iterator

TUTORIAL: Final = DOCS / "tutorial.md"
BEGIN_DEMO: Final = "make demo\n"
MARK: Final = "==> line "


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path, terminal=True)
    try:
        demo.wait_for("12 of 12 ended: 10 delivered, 2 dead")
        yield demo
        demo.signal(signal.SIGINT)
        assert demo.end() == 0
        assert demo.traces() == []
    finally:
        demo.kill()


@pytest.mark.timeout(360)
def test_every_command_of_the_tutorial_does_what_it_says(demo: Demo, tmp_path: Path) -> None:
    first, *typed = snippets(TUTORIAL, "sh")
    assert first.text == BEGIN_DEMO
    said = _typed(typed, demo, tmp_path)

    # What the page shows stands in what the command before it said.
    shown = [each for each in snippets(TUTORIAL) if each.language in {"sh", ""}]
    for command, output in pairwise(shown):
        if not output.language:
            answer = _comparable(said[command.line])
            for line in output.text.splitlines():
                assert _comparable(line) in answer, (str(output), said[command.line])

    looked, mended = (said[each.line] for each in typed if "dlq show" in each.text)
    assert "cannot be made: data.name: missing, template 'receipt' needs it" in looked
    assert mended.endswith("  subject: Your order 18\n\nThank you.\n\nWe have your order 18.\n")


def _typed(blocks: list[Snippet], demo: Demo, folder: Path) -> dict[int, str]:
    """What each said, by its line in the page; all in one shell, which ends at the first error."""
    clone = folder / "clone"
    (clone / ".venv").mkdir(parents=True)
    (clone / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    script = "".join(f"echo '{MARK}{each.line}'\n{each.text}" for each in blocks)
    ports = {"19092": demo.ports["kafka"], "1025": demo.ports["smtp"], "8082": free_port()}
    for usual, port in ports.items():
        script = re.sub(rf"(?<=[:=]){usual}\b", str(port), script)
    shell = ChildProcess(
        ["bash", "-o", "errexit", "-o", "pipefail", "-c", script],
        log=folder / "typed.log",
        env={name: os.environ[name] for name in os.environ if _kept(name)},
        cwd=clone,
    )
    try:
        code = shell.wait(within=240)
    finally:
        shell.kill()
    said = shell.log.read_text(encoding="utf-8")
    assert code == 0, said
    parts = re.split(rf"^{MARK}(\d+)\n", said, flags=re.MULTILINE)[1:]
    return {int(line): text for line, text in zip(parts[::2], parts[1::2], strict=True)}


def _kept(name: str) -> bool:
    return name in INHERITED or name.startswith("COVERAGE_")


def _comparable(text: str) -> str:
    """Without what differs each time: numbers and the width of columns."""
    return re.sub(r"[^\S\n]+", " ", re.sub(r"\d+", "0", text))
