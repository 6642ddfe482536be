"""A text part made from HTML, for templates that have none.

Our own, for what it has to do is little and what libraries do is another thing: inscriptis pads
layout tables to columns and drops the targets of links, so that a password mail says "Choose a new
password" and not where; html2text-rs drops links too and shows the hidden preview line; html2text
is under the GPL. On the built-in mails it is faster than inscriptis, which needs lxml besides.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPACE: Final = re.compile(r"[ \t\r\n\f\u00a0]+")
_HIDDEN: Final = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_UNSEEN: Final = frozenset({"head", "script", "style", "template", "title"})
_LINES: Final = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "body",
            "center",
            "dd",
            "div",
            "dt",
            "figcaption",
            "footer",
        ),
        *("form", "header", "li", "main", "nav", "section", "tr"),
    }
)
_PARAGRAPHS: Final = frozenset(
    {
        *("blockquote", "dl", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre"),
        *("table", "ul"),
    }
)
_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta"})
_CELLS: Final = frozenset({"td", "th"})


# Reading takes some 4 microseconds a tag; many times what mail readers show of a mail at all.
_MOST_TAGS: Final = 10_000
_LARGEST: Final = 500_000
# Each tag without an end is searched for it to the end of all.
_MOST_UNENDED: Final = 500


def text_of(html: str) -> str:
    """What a reader sees: lines and paragraphs, lists, tables as rows, links with their targets.

    Empty when there is nothing to see, and for HTML so large that reading it would hold up other
    mail: that goes without a text part, unless its template has one.
    """
    tags = html.count("<")
    if len(html) > _LARGEST or tags > _MOST_TAGS or tags - html.count(">") > _MOST_UNENDED:
        return ""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._break = 0
        self._space = False
        self._prefix = ""
        self._preformatted = 0
        # The element whose content is passed over, and how many of its kind are open in it.
        self._unseen = ""
        self._unseen_depth = 0
        self._links: list[tuple[str, int]] = []
        self._lists: list[int | None] = []

    def text(self) -> str:
        lines = "".join(self._pieces).split("\n")
        whole = "\n".join(line.rstrip() for line in lines).strip("\n")
        return f"{whole}\n" if whole else ""

    @override
    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if self._unseen:
            self._unseen_depth += tag == self._unseen
            return
        values = {name: value or "" for name, value in attrs}
        if tag in _UNSEEN or "hidden" in values or _HIDDEN.search(values.get("style", "")):
            if tag not in _VOID:
                self._unseen, self._unseen_depth = tag, 1
            return
        self._divide(tag)
        if tag == "a":
            self._links.append((values.get("href", ""), len(self._pieces)))
        elif tag == "img":
            self._write(values.get("alt", ""))
        elif tag == "pre":
            self._preformatted += 1
        elif tag in {"br", "hr"}:
            self._rule(tag)
        else:
            self._start_list(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen_depth -= tag == self._unseen
            if self._unseen_depth == 0:
                self._unseen = ""
            return
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "pre" and self._preformatted:
            self._preformatted -= 1
        self._divide(tag)

    @override
    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._preformatted:
            self._write_raw(data)
        else:
            self._write(data)

    def _divide(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._break = max(self._break, 1 if self._lists else 2)
        elif tag in _LINES:
            self._break = max(self._break, 1)
        elif tag in _CELLS:
            self._space = True

    def _rule(self, tag: str) -> None:
        if tag == "hr":
            self._write("-" * 20)
            self._break = 2
        else:
            # A second <br> gives an empty line, a third no more than that.
            self._break = min(self._break + 1, 2)

    def _start_list(self, tag: str) -> None:
        if tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            marker = "-"
            if self._lists and (number := self._lists[-1]) is not None:
                self._lists[-1] = number + 1
                marker = f"{number + 1}."
            self._prefix = "  " * (len(self._lists) - 1) + f"{marker} "

    def _end_link(self, target: str, start: int) -> None:
        label = "".join(self._pieces[start:]).strip()
        bare = target.removeprefix("mailto:")
        if target.lower().startswith(("http:", "https:", "mailto:")) and bare not in label:
            self._write(f" ({bare})" if label else bare)

    def _write(self, data: str) -> None:
        words = _SPACE.sub(" ", data)
        if not words.strip(" "):
            self._space = self._space or bool(words)
            return
        space = self._space or words.startswith(" ")
        self._space = words.endswith(" ")
        words = words.strip(" ")
        at_start = self._break or not self._pieces or self._pieces[-1].endswith("\n")
        self._write_raw(f" {words}" if space and not at_start else words)

    def _write_raw(self, data: str) -> None:
        if self._break and self._pieces:
            self._pieces.append("\n" * self._break)
        self._break = 0
        self._pieces.append(self._prefix + data)
        self._prefix = ""
