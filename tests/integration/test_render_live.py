"""`render --watch` in a real browser."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.accessibility import NAMELESS
from tests.support.command import Command

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.support.browser import Browser


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "note.subject.j2").write_text("For {{ name }}")
    (tmp_path / "note.html.j2").write_text(
        '<html lang="en"><p>Hi {{ name }}</p><script>parent.document.title="owned"</script></html>'
    )
    (tmp_path / "data.json").write_text(json.dumps({"name": "Ann"}))
    return tmp_path


@pytest.fixture
def watching(folder: Path) -> Iterator[subprocess.Popen[str]]:
    render = Command("render", env={})
    template, data = str(folder / "note.html.j2"), str(folder / "data.json")
    with render.start(template, "--file", data, "--watch") as process:
        yield process
        process.kill()


@pytest.fixture
def page(watching: subprocess.Popen[str], browser: Browser) -> Page:
    assert watching.stdout is not None
    found = re.match(r"(http://127\.0\.0\.1:\d+) ", watching.stdout.readline())
    assert found is not None
    page = browser.page(found.group(1))
    page.goto("/")
    return page


def test_an_edit_is_seen_without_a_reload(page: Page, folder: Path) -> None:
    expect(page.locator("#subject")).to_have_text("For Ann")
    expect(page.frame_locator("#mail").locator("p")).to_have_text("Hi Ann")
    expect(page.locator("#warnings li")).to_have_count(2)  # no text of its own, a script
    assert page.title() == "For Ann", "no script of the mail runs"

    (folder / "data.json").write_text(json.dumps({"name": "Barbara"}))
    expect(page.frame_locator("#mail").locator("p")).to_have_text("Hi Barbara")

    page.get_by_role("button", name="Text").click()
    expect(page.locator("#plain")).to_have_text(re.compile("Hi Barbara"))
    page.get_by_role("button", name="Raw").click()
    expect(page.locator("#plain")).to_contain_text("MIME-Version: 1.0")

    (folder / "note.html.j2").write_text("<p>{{ name")
    expect(page.locator("#problem")).to_contain_text("note.html.j2, line 1")
    (folder / "note.html.j2").write_text('<html lang="en"><p>Bye {{ name }}</p></html>')
    expect(page.locator("#problem")).to_be_hidden()
    expect(page.locator("#subject")).to_have_text("For Barbara")
    assert page.evaluate(NAMELESS) == []


def test_ctrl_c_ends_it_though_a_browser_listens(
    page: Page, watching: subprocess.Popen[str]
) -> None:
    expect(page.locator("#subject")).to_have_text("For Ann")
    watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 130
    assert watching.stderr is not None
    assert "Traceback" not in watching.stderr.read()
    expect(page.locator("#state")).to_have_text("kafka-mailer render has ended")
