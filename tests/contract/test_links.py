"""Every link within the project leads somewhere, and every page has its place."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.pages import DOCS, PROJECT, anchors, links, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IDS = [str(page.relative_to(PROJECT)) for page in pages()]


@pytest.mark.parametrize("page", pages(), ids=IDS)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    dead = []
    for link in links(page):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_pages_of_the_site_link_only_what_is_in_it() -> None:
    """Else the link works in the repository and nowhere else; name such a file instead."""
    out = [
        f"{page.relative_to(PROJECT)}: {link}"
        for page in pages()
        if page.is_relative_to(DOCS)
        for link in links(page)
        if "://" not in link and not (page.parent / link).resolve().is_relative_to(DOCS)
    ]
    assert out == []


def test_every_page_has_its_place_in_the_navigation() -> None:
    site = tomllib.loads((PROJECT / "zensical.toml").read_text(encoding="utf-8"))
    placed = list(_files(site["project"]["nav"]))
    assert len(placed) == len(set(placed))
    assert sorted(placed) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


def _files(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        for what in entry.values():
            if isinstance(what, str):
                yield what
            else:
                yield from _files(what)
