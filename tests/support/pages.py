"""The project's documents as their readers take them: snippets, links, headings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from typing_extensions import override

PROJECT: Final = Path(__file__).parents[2]
DOCS: Final = PROJECT / "docs"
# Those at the project's root that are for readers; not every one has to be there.
_AT_THE_ROOT: Final = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
_FENCE: Final = re.compile(
    r"^(?P<indent> *)```(?P<language>[a-z]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
_MARK: Final = re.compile(r"<!-- ([^\n]*) -->\n\Z")
# The words of a link may hold code, never a bracket.
_LINK: Final = re.compile(r"!?\[[^\]\[]+\]\(([^()\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)


class Snippet(NamedTuple):
    """A fenced block. `mark`: the comment in the line before it, else empty."""

    page: Path
    line: int
    language: str
    mark: str
    text: str

    @override
    def __str__(self) -> str:
        return f"{self.page.relative_to(PROJECT)}:{self.line}"


def pages() -> list[Path]:
    """Every document, those at the root first."""
    return [each for name in _AT_THE_ROOT if (each := PROJECT / name).is_file()] + sorted(
        DOCS.rglob("*.md")
    )


def snippets(page: Path, *languages: str) -> list[Snippet]:
    """In order, those in these languages, all without; their text without its indent."""
    text = page.read_text(encoding="utf-8")
    found = []
    for block in _FENCE.finditer(text):
        indent, language, inner = block["indent"], block["language"], block["text"]
        mark = _MARK.search(text[: block.start()])
        lines = [line.removeprefix(indent) for line in inner.splitlines(keepends=True)]
        line = text.count("\n", 0, block.start()) + 1
        found.append(Snippet(page, line, language, mark[1] if mark else "", "".join(lines)))
    return [each for each in found if not languages or each.language in languages]


def all_snippets(*languages: str) -> list[Snippet]:
    return [each for page in pages() for each in snippets(page, *languages)]


def links(page: Path) -> list[str]:
    """The targets as written, pictures' too."""
    return _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """The names that its headings get."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    names: set[str] = set()
    for heading in _HEADING.findall(prose):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w -]", "", words).strip().replace(" ", "-")
        twins = (f"{name}-{count}" for count in range(1, 100))
        names.add(name if name not in names else next(one for one in twins if one not in names))
    return names
