"""Text made from HTML says what the HTML shows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.composer.plaintext import text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>One</p><p>Two\n  lines</p>", "One\n\nTwo lines\n"),
        ("a<br>b<br><br>c<br><br><br><br>d", "a\nb\n\nc\n\nd\n"),
        ("<h1>Title</h1>\n<div>a</div><div>b</div>", "Title\n\na\nb\n"),
        ("Caf&eacute; &amp; &lt;b&gt;&nbsp;x", "Café & <b> x\n"),
        ("<b>bo</b>ld, <i>it</i> and", "bold, it and\n"),
        ('<a href="https://a.example/x">Click</a> now', "Click (https://a.example/x) now\n"),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example\n"),
        ('<a href="mailto:a@b.example">Write</a>', "Write (a@b.example)\n"),
        ('<a href="#top">Up</a>', "Up\n"),
        ('<a href="https://a.example"><img src="x" alt="Logo"></a>', "Logo (https://a.example)\n"),
        ("<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>", "- a\n- b\n  1. c\n"),
        ("<ol><li>a<li>b</ol>after", "1. a\n2. b\n\nafter\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc\n"),
        ("a<hr>b", "a\n\n--------------------\n\nb\n"),
        ("<head><title>t</title><style>p{}</style></head><body>x</body>", "x\n"),
        ("<script>alert(1)</script><p>x", "x\n"),
        ('<div style="display: none"><div>pre</div>view</div>x', "x\n"),
        ("<p hidden>no<p>y", ""),
        ("<!-- note -->x<!DOCTYPE html>", "x\n"),
        ("a <b> b </b> c", "a b c\n"),
        ("</a></ul></pre>x", "x\n"),
    ],
)
def test_text_of_html(html: str, text: str) -> None:
    assert text == text_of(html)


@given(st.text(alphabet="<>/abp \n&;!-=\"'ulitr", max_size=300))
@settings(deadline=None)
def test_any_html_gives_some_text(html: str) -> None:
    text = text_of(html)
    assert text == "" or text.endswith("\n")
    assert "\n\n\n" not in text


@pytest.mark.parametrize("html", ["<p>x</p>" * 6000, "<a href='" * 9000, "x" * 600_000])
def test_html_that_would_take_long_to_read_gives_none(html: str) -> None:
    assert text_of(html) == ""
