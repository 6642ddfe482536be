"""EMAIL_INLINE_CSS moves the sheets of templates into elements, and never harms the process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from app.composer.styles import style_inliner
from tests.support.untraced import takes_at_most
from tests.unit.composer.mails import body, both, read_back, write

if TYPE_CHECKING:
    from pathlib import Path

SHEET = "<style>p { color: red } a:hover { top: 0 } @media print { p { color: blue } }</style>"
INLINED = style_inliner()


def test_sheets_of_a_template_go_into_its_elements(folder: Path) -> None:
    write(folder, a_html=SHEET + "<p>{{ name }}</p>", a_subject="s")
    config = ComposerConfig(default_from="mail@shop.example", templates=folder, inline_css=True)
    html = both(read_back(Composer(config), template="a", data={"name": "<Ann>"}))[1]
    assert '<p style="color: red;">&lt;Ann&gt;</p>' in html
    assert "p { color: red" not in html
    assert "a:hover" in html
    assert "@media print" in html


def test_html_of_the_message_itself_is_left_alone() -> None:
    composer = Composer(ComposerConfig(default_from="mail@shop.example", inline_css=True))
    html = SHEET + "<p>x</p>"
    assert body(read_back(composer, html=html, subject="s")).strip() == html


def test_nothing_is_fetched_and_html_without_a_sheet_stays(tmp_path: Path) -> None:
    sheet = tmp_path / "a.css"
    sheet.write_text("p { color: red }")
    link = f'<link rel="stylesheet" href="{sheet}">'
    assert INLINED(link + "<p>x</p>") == link + "<p>x</p>"
    assert "red" not in INLINED(link + "<style>b{top:0}</style><p>x</p>")


@pytest.mark.parametrize(
    "html",
    [
        SHEET + "<div>" * 100_000,
        SHEET + "<table><tr><td>" * 20_000,
        SHEET + "<svg>" + "<td>" * 100_000,
        SHEET + "<b id=1>" * 50_000,
        SHEET + "<div></x>" * 50_000,
        "<style>" + "p{top:0}" * 3000 + "</style>" + "<p>x</p>" * 5000,
    ],
)
def test_what_would_hold_up_other_mail_or_end_the_process_stays_as_it_is(html: str) -> None:
    with takes_at_most(1):
        assert INLINED(html) == html


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "<div>",
                "<td>",
                "<table>",
                "</div>",
                "</p>",
                "<b>",
                "x",
                "<!--",
                "<style>p{",
                "}</style>",
                "&amp",
                "<svg>",
            ]
        ),
        max_size=400,
    ).map("".join)
)
@settings(deadline=None, max_examples=50)
def test_any_html_comes_back(html: str) -> None:
    assert isinstance(INLINED("<style>p{top:0}</style>" + html), str)


def test_without_the_library_the_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "css_inline", None)
    with pytest.raises(ValueError, match=r"EMAIL_INLINE_CSS: .*pip install 'kafka-mailer\[css\]'"):
        Composer(ComposerConfig(inline_css=True))
