"""What is found in a mail that could be sent all the same."""

from __future__ import annotations

import pytest

from app.composer.review import CLIPPED_AT, Finding, Flaw, review


def _html(html: str, *, own_text: bool = True, enclosed: tuple[str, ...] = ()) -> list[Finding]:
    return review("Hi", "Hi", html, own_text=own_text, enclosed=enclosed)


def _kinds(body: str, **known: tuple[str, ...]) -> list[str]:
    return [each.flaw for each in _html(f'<html lang="en">{body}</html>', **known)]  # type: ignore[arg-type]


def test_a_good_mail_has_nothing() -> None:
    body = (
        '<img src="https://example.com/a.png" alt=""><a href="https://example.com/">x</a>'
        '<a href="mailto:a@example.com">y</a><a href="#below">z</a><style>p {}</style>'
    )
    assert _kinds(body) == []
    assert review("Hi", "Hi", None, own_text=True, enclosed=()) == []


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ('<img src="https://example.com/a.png">', [Flaw.ALT]),
        ('<img src="a.png" alt="">', [Flaw.IMAGE]),
        ('<img alt="">', [Flaw.IMAGE]),
        ('<img src="data:image/png;base64,AA==" alt="">', [Flaw.IMAGE]),
        ('<img src="cid:logo" alt="">', [Flaw.IMAGE]),
        ('<a href="">x</a>', [Flaw.LINK]),
        ('<a href="/orders">x</a>', [Flaw.LINK]),
        ('<a href="javascript:void(0)">x</a>', [Flaw.LINK]),
        ("<script>x</script>", [Flaw.REMOVED]),
        ("<form><input></form>", [Flaw.REMOVED]),
        ('<link rel="stylesheet" href="https://example.com/a.css">', [Flaw.REMOVED]),
        ("<p>Hi {{ name }}</p>", [Flaw.PLACEHOLDER]),
    ],
)
def test_each_flaw(body: str, kinds: list[str]) -> None:
    assert _kinds(body) == kinds


def test_an_image_that_is_enclosed_is_there() -> None:
    assert _kinds('<img src="cid:logo" alt="">', enclosed=("logo",)) == []


def test_a_finding_has_its_line() -> None:
    (found,) = _html('<html lang="en">\n<p>\n<img src="https://example.com/a.png"></html>')
    assert found == Finding(Flaw.ALT, "image without alt: https://example.com/a.png", 3)


def test_html_that_gmail_clips() -> None:
    page = '<html lang="en">{}</html>'
    room = CLIPPED_AT - len(page.format(""))
    assert _html(page.format("x" * room)) == []
    (found,) = _html(page.format("ü" * (room // 2 + 1)))
    assert found.flaw is Flaw.CLIPPED
    assert found.text == "the HTML has 102 kB: Gmail clips it at 102 kB"


def test_html_without_a_text_or_a_language() -> None:
    found = _html("<p>Hi</p>", own_text=False)
    assert [each.flaw for each in found] == [Flaw.TEXT, Flaw.LANGUAGE]


@pytest.mark.parametrize("subject", ["", "x" * 79])
def test_a_subject_that_is_no_good(subject: str) -> None:
    (found,) = review(subject, "Hi", None, own_text=True, enclosed=())
    assert found.flaw is Flaw.SUBJECT
