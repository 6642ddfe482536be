"""Templates in MJML become HTML when they are loaded, and Jinja goes through unharmed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from app.composer.folder import Templates
from tests.unit.composer.mails import both, composer_with, read_back, refusal, write

if TYPE_CHECKING:
    from pathlib import Path

MAIL = """<mjml><mj-head><mj-include path="_styles.mjml.j2"/></mj-head><mj-body>
<mj-section><mj-column>
<mj-text>Hello {{ name }}
{%- if items[0]["n"] < 2 and name != "<" %} & more{% endif %}{# no #}</mj-text>
{% for item in items %}<mj-text>{{ item.n }}</mj-text>{% endfor %}
<mj-button href="{{ link }}?a={{ items[0]['n'] }}">Go</mj-button>
</mj-column></mj-section></mj-body></mjml>"""
STYLES = "<mj-attributes><mj-text color='{{ colour }}' /></mj-attributes>"
DATA = {
    "name": "<Ann>",
    "items": [{"n": 1}, {"n": 23}],
    "link": "https://a.example",
    "colour": "red",
}


def document(inner: str) -> str:
    return (
        "<mjml><mj-body><mj-section><mj-column>"
        f"<mj-text>{inner}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )


def test_mjml_is_the_html_of_a_mail(folder: Path) -> None:
    write(folder, news_mjml=MAIL.replace("& more", "&amp; more"), news_subject="s")
    (folder / "_styles.mjml.j2").write_text(STYLES)
    text, html = both(read_back(composer_with(folder), template="news", data=DATA))
    assert "Hello &lt;Ann&gt; &amp; more" in html
    assert 'href="https://a.example?a=1"' in html
    assert "color:red" in html
    assert "<mj-" not in html
    assert "jinja" not in html
    assert text.splitlines()[0] == "Hello <Ann> & more"
    assert {"1", "23", "Go (https://a.example?a=1)"} <= set(text.splitlines())


def test_languages_are_those_of_other_templates(folder: Path) -> None:
    write(folder, hi_mjml=document("hello"), hi_de_mjml=document("hallo"), hi_subject="s")
    composer = composer_with(folder)
    assert both(read_back(composer, template="hi", locale="de"))[0] == "hallo\n"
    assert both(read_back(composer, template="hi"))[0] == "hello\n"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (document("\n{% if %}"), "line 2: Expected an expression"),
        ("<mjml><mj-body><mj-text>x</mj-body></mjml>", "is no MJML: unexpected end of stream"),
        ("plain", "is no MJML"),
        (
            document("x").replace("<mj-text>", "<mj-text nosuch='{{ name }}'>"),
            "MJML drops {{ name }}",
        ),
        (
            document("x").replace("<mj-text>", "<mj-include path='_no.mjml.j2'/><mj-text>"),
            "no MJML",
        ),
    ],
)
def test_what_is_wrong_is_told_and_the_last_good_one_stays(
    folder: Path, source: str, words: str
) -> None:
    write(folder, a_mjml=document("one"), a_subject="s")
    templates = Templates(folder)
    write(folder, a_mjml=source)
    (broken,) = templates.reload()
    assert broken.file == "a.mjml.j2"
    assert words in str(broken)
    html = templates.current().find("a", None).html
    assert html is not None


def test_mjml_beside_html_of_the_same_name_is_told(folder: Path) -> None:
    write(folder, a_mjml=document("one"), a_html="one")
    with pytest.raises(ValueError, match=r"a\.mjml\.j2: stands beside a\.html\.j2; remove one"):
        Templates(folder)


def test_what_cannot_be_rendered_names_the_file(folder: Path) -> None:
    write(folder, a_mjml=document("{{ 1 / 0 }}"), a_subject="s")
    reason = refusal(composer_with(folder), template="a").reason
    assert reason == "'a' cannot be rendered: ZeroDivisionError (a.mjml.j2)"


def test_without_the_library_a_template_in_mjml_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mjml", None)
    write(folder, a_mjml=document("one"))
    with pytest.raises(
        ValueError, match=r"a\.mjml\.j2: needs MJML: pip install 'kafka-mailer\[mjml\]'"
    ):
        Templates(folder)
