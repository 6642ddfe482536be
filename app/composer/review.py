"""What is wrong with a mail that could be sent all the same, found by looking at it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Gmail shows so much of a mail's HTML, and a link to the rest.
CLIPPED_AT: Final = 102 * 1024
LONGEST_SUBJECT: Final = 78
# What mail programs take out, or run nowhere.
_REMOVED: Final = frozenset(
    ("script", "iframe", "object", "embed", "form", "video", "audio", "canvas", "base")
)
_SHOWN: Final = 60


class Flaw(StrEnum):
    """What kind of thing it is."""

    CLIPPED = "clipped"
    ALT = "alt"
    IMAGE = "image"
    LINK = "link"
    REMOVED = "removed"
    LANGUAGE = "language"
    SUBJECT = "subject"
    TEXT = "text"
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` is that of the HTML as it was made, None where it is about all of it."""

    flaw: Flaw
    text: str
    line: int | None = None


def review(
    subject: str, text: str | None, html: str | None, *, own_text: bool, enclosed: Iterable[str]
) -> list[Finding]:
    """What to look at; `own_text`: the text was not made from the HTML.

    `enclosed`: the content ids that the mail has.
    """
    found = _of_subject(subject)
    if html is not None:
        size = len(html.encode())
        if size > CLIPPED_AT:
            said = f"the HTML has {size / 1024:.0f} kB: Gmail clips it at {CLIPPED_AT // 1024} kB"
            found.append(Finding(Flaw.CLIPPED, said))
        if not own_text:
            said = "no text of its own: what is sent is made from the HTML"
            found.append(Finding(Flaw.TEXT, said))
        reader = _Reader(frozenset(enclosed))
        reader.feed(html)
        reader.close()
        found += reader.findings
        if not reader.language:
            found.append(Finding(Flaw.LANGUAGE, "<html> has no lang: screen readers guess"))
    for name, part in (("subject", subject), ("text", text), ("HTML", html)):
        if part and ("{{" in part or "{%" in part):
            said = f"{name}: has {{{{ or {{% in it, as of a template that was not rendered"
            found.append(Finding(Flaw.PLACEHOLDER, said))
    return found


def _of_subject(subject: str) -> list[Finding]:
    if not subject:
        return [Finding(Flaw.SUBJECT, "the subject is empty")]
    if len(subject) > LONGEST_SUBJECT:
        said = f"the subject has {len(subject)} characters: many programs cut it before"
        return [Finding(Flaw.SUBJECT, said)]
    return []


class _Reader(HTMLParser):
    def __init__(self, enclosed: frozenset[str]) -> None:
        super().__init__()
        self._enclosed = enclosed
        self.findings: list[Finding] = []
        self.language = False

    @override
    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html" and given.get("lang"):
            self.language = True
        elif tag == "img":
            self._image(given)
        elif tag == "a" and "href" in given:
            self._link((given["href"] or "").strip())
        elif tag in _REMOVED:
            self._add(Flaw.REMOVED, f"<{tag}>: mail programs take it out")
        elif tag == "link" and (given.get("rel") or "").lower() == "stylesheet":
            self._add(Flaw.REMOVED, "a style sheet from elsewhere: most mail programs ignore it")

    def _image(self, given: dict[str, str | None]) -> None:
        source = (given.get("src") or "").strip()
        shown = source if len(source) <= _SHOWN else f"{source[:_SHOWN]}…"
        if "alt" not in given:
            self._add(Flaw.ALT, f"image without alt: {shown or 'no src'}")
        scheme, colon, rest = source.partition(":")
        scheme = scheme.lower() if colon else ""
        if scheme == "cid":
            if rest not in self._enclosed:
                self._add(Flaw.IMAGE, f"image of an attachment that is not there: {shown}")
        elif scheme == "data":
            self._add(Flaw.IMAGE, "image in a data: address: Gmail and others do not show it")
        elif scheme not in {"http", "https"}:
            self._add(Flaw.IMAGE, f"image at an address that is not whole: {shown or 'no src'}")

    def _link(self, target: str) -> None:
        scheme = target.partition(":")[0].lower() if ":" in target else ""
        if not target or target == "#":
            self._add(Flaw.LINK, "link that leads nowhere")
        elif scheme == "javascript":
            self._add(Flaw.LINK, "link with javascript: mail programs do not follow it")
        elif not scheme and not target.startswith("#"):
            shown = target[:_SHOWN]
            self._add(Flaw.LINK, f"link to an address that is not whole: {shown}")

    def _add(self, flaw: Flaw, text: str) -> None:
        self.findings.append(Finding(flaw, text, self.getpos()[0]))
