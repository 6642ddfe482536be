"""What the pages for contributors, migrants and those who deploy name is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (
    *("CONTRIBUTING.md", "SECURITY.md", "examples/README.md"),
    *("docs/deploying.md", "docs/migrating.md"),
)
# What looks like a path of ours: a file that somebody is to make, a place in Kafka.
OTHER: Final = frozenset({"secrets/SMTP_PASSWORD", "topic/partition/offset"})


def _text(page: str) -> str:
    return (ROOT / page).read_text()


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES)
def test_what_is_linked_is_there(page: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", _text(page))
    assert links
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path
        assert target.is_file(), link
        assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("page", PAGES)
def test_each_file_that_is_named_is_there(page: str) -> None:
    for name in re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", _text(page)):
        if name not in OTHER:
            places = (ROOT, ROOT / "app", (ROOT / page).parent)
            assert any((place / name).exists() for place in places), name


@pytest.mark.parametrize("page", PAGES)
def test_each_target_of_make_is_one(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?<=[`\n])make ([a-z-]+)", _text(page))) <= targets


def test_the_layers_are_those_that_are_enforced() -> None:
    said = re.search(r"```\n(__main__.*?)```", _text("CONTRIBUTING.md"), re.DOTALL)
    assert said is not None
    layers = re.search(r"^layers = \[(.*?)^\]", _text("pyproject.toml"), re.DOTALL | re.MULTILINE)
    assert layers is not None
    enforced = [set(line.split(" | ")) for line in re.findall(r'"(.*)"', layers[1])]
    told = [set(re.split(r"\s*\|\s*", layer.strip())) for layer in said[1].split(">")]
    assert told == enforced


def test_what_debian_is_asked_for_is_what_continuous_integration_installs() -> None:
    asked = re.search(r"`apt-get install ([^`]+)`", _text("CONTRIBUTING.md"))
    installed = re.search(r"^packages=\((.*)\)$", _text(".ci/run"), re.MULTILINE)
    assert asked is not None
    assert installed is not None
    assert set(asked[1].split()) == set(installed[1].split())
