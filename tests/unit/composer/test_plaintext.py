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
        ("X<b>X</b> X", "XX X\n"),
        ("a<b> </b>b<i></i>c", "a bc\n"),
        ('a<img alt>b<img src="x">c<a name="x">d</a>', "abcd\n"),
        ('<a href="http://a.example">x</a>', "x (http://a.example)\n"),
        ('<a href="HTTPS://a.example"></a>', "HTTPS://a.example\n"),
        ('<a href="https://a.example">https://<b>a.example</b></a>', "https://a.example\n"),
        ("<ul><li>a</ul><ol><li>b</ol>", "- a\n\n1. b\n"),
        ("<table><tr><th>a</th><th>b</th></tr></table>", "a b\n"),
        ("<pre>  a  \nb\r\nc</pre>", "  a\nb\nc\n"),
        ("<pre><b>a</b>  b</pre> c   d", "a  b\n\nc d\n"),
        ("<pre>a<pre>  b</pre>  c</pre>  d", "a\n\n  b\n\n  c\n\nd\n"),
        ('<pre>a\n<img alt=" b"></pre>', "a\nb\n"),
        ('a<p style="DISPLAY:NONE">b</p>c<p style="mso-hide : all">d</p>', "ac\n"),
    ],
)
def test_text_of_html(html: str, text: str) -> None:
    assert text == text_of(html)


LINES = (
    "address article aside body center dd div dt figcaption footer form header main nav section tr"
)
PARAGRAPHS = "blockquote dl figure h1 h2 h3 h4 h5 h6 ol p pre table ul"


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        (LINES, "a\nb\nc\n"),
        (PARAGRAPHS, "a\n\nb\n\nc\n"),
        ("b span td a unheard-of", "abc\n"),
        ("head script style template title", "ac\n"),
    ],
)
def test_what_an_element_does_to_lines(tags: str, text: str) -> None:
    for tag in tags.split():
        assert text == text_of(f"a<{tag}>b</{tag}>c").replace(" ", ""), tag


@pytest.mark.parametrize("tag", ["br", "hr", "img", "input", "link", "meta"])
def test_what_has_no_content_hides_nothing_but_itself(tag: str) -> None:
    assert "a b\n" == text_of(f"a <{tag} hidden>b")


@given(st.text(alphabet="<>/abp \n&;!-=\"'ulitr", max_size=300))
@settings(deadline=None)
def test_any_html_gives_some_text(html: str) -> None:
    text = text_of(html)
    assert text == "" or text.endswith("\n")
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("piece", "most"), [("<b>", 10_000), ("<", 500), ("x", 500_000 - len("here"))]
)
def test_html_that_would_take_long_to_read_gives_none(piece: str, most: int) -> None:
    assert text_of("here" + piece * most).startswith("here")
    assert text_of("here" + piece * (most + 1)) == ""
