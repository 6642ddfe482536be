"""The documentation builds without a warning, and what is built needs nothing from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from tests.support.pages import DOCS, PROJECT

GENERATOR: Final = Path(sys.executable).with_name("zensical")
# What a browser would fetch by itself, unlike where a link leads.
FETCHED: Final = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc="([^"]*)"|<link\b(?=[^>]*\brel="(?:stylesheet|icon|preload|preconnect)")[^>]*\bhref="([^"]*)"|@import[^;]*?["(]([^")]*)"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the project."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(PROJECT / "zensical.toml", folder)
    shutil.copytree(DOCS, folder / "docs")
    built = subprocess.run(
        [GENERATOR, "build", "--strict", "--clean"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "Warning" not in built.stdout + built.stderr
    return folder / "build" / "docs"


def test_every_page_is_built(site: Path) -> None:
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix(".html")
        text = (site / name).read_text(encoding="utf-8")
        title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        assert title.partition("(")[0].strip() in text


def test_a_reader_fetches_nothing_from_elsewhere(site: Path) -> None:
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    fetched = {
        target
        for page in pages
        for found in FETCHED.findall(page.read_text(encoding="utf-8"))
        for target in found
        if target
    }
    assert fetched
    assert {target for target in fetched if urlsplit(target).netloc} == set()
