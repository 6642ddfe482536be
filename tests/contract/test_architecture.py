"""What `docs/architecture.md` names is there: files, and the names in them that decide."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
APP: Final = ROOT / "app"
TEXT: Final = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DECIDED: Final = TEXT.partition("## Where it is decided")[2].partition("\n## ")[0]
QUESTIONS: Final = re.findall(r"^\| (.*\?) \| (.*) \|$", DECIDED, re.MULTILINE)
PATHS: Final = sorted(set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_each_file_that_is_named_is_there(path: str) -> None:
    assert any((place / path).exists() for place in (ROOT, APP)), path


def test_the_readme_leads_there() -> None:
    assert "(docs/architecture.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(QUESTIONS) >= 10


@pytest.mark.parametrize(("question", "answer"), QUESTIONS)
def test_each_decision_is_where_it_is_said_to_be(question: str, answer: str) -> None:
    places = re.findall(r"`([\w/]+\.py)`: `([\w.]+)`", answer)
    assert places, question
    for path, name in places:
        assert name in _names(ast.parse((APP / path).read_text(encoding="utf-8"))), (path, name)


def _names(tree: ast.Module | ast.ClassDef, within: str = "") -> set[str]:
    """Functions, classes with their methods, and what is assigned, as they are called outside."""
    found: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.add(within + node.name)
            case ast.ClassDef():
                found |= {within + node.name} | _names(node, f"{within}{node.name}.")
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(within + name)
            case _:
                pass
    return found
