"""Templates: the built-in ones, those of a folder, and what goes wrong with them."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from app.composer.folder import Templates
from app.domain.errors import InvalidMessage
from tests.unit.composer.mails import (
    PLAIN,
    body,
    compose,
    composer_with,
    message,
    read,
    read_back,
    refusal,
    structure,
)

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

LINK = "https://shop.example/r?token=abc&x=1"
ORDER: dict[str, Any] = {
    "name": "Ann",
    "order": "A-17",
    "items": [
        {"name": "Tea <green>", "quantity": 2, "price": "3.50"},
        {"name": "Cup", "quantity": 1, "price": "7.00"},
    ],
    "total": "14.00",
}
BUILT_IN: dict[str, dict[str, Any]] = {
    "plain": {"subject": "Hello", "body": "One\n\nTwo & three"},
    "password-reset": {"name": "Ann", "link": LINK},
    "welcome": {"name": "Ann", "link": LINK},
    "order-confirmation": ORDER,
    "notification": {"title": "Disk full", "body": "Please act."},
}
ALTERNATIVE = ("multipart/alternative", ["text/plain", "text/html"])


def both(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.iter_parts()
    return body(text), body(html)


def capitalised(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.capitalize(): capitalised(each) for key, each in value.items()}
    return [capitalised(each) for each in value] if isinstance(value, list) else value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, **files: str) -> None:
    """`news_html="…"` writes `news.html.j2`; its age is past what may still be being written."""
    for name, source in files.items():
        path = folder / f"{name.replace('_', '.')}.j2"
        path.write_text(source, encoding="utf-8")
        past = time.time() - 10 + len(source) / 1000
        os.utime(path, (past, past))


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_templates_have_subject_text_and_html(name: str) -> None:
    mail = read_back(template=name, data=BUILT_IN[name])
    assert structure(mail) == ALTERNATIVE
    assert mail["Subject"]
    text, html = both(mail)
    assert html.startswith("<!DOCTYPE html>")
    for value in BUILT_IN[name].values():
        if isinstance(value, str) and value != mail["Subject"]:
            assert value in text


def test_the_order_lists_its_items_escaped_in_html_only() -> None:
    mail = read_back(template="order-confirmation", data=ORDER)
    assert mail["Subject"] == "Your order A-17"
    text, html = both(mail)
    assert "- 2 x Tea <green>: 3.50\n- 1 x Cup: 7.00\n" in text
    assert "Tea &lt;green&gt;" in html
    assert "<green>" not in html


def test_plain_keeps_paragraphs_and_lines() -> None:
    mail = read_back(template="plain", data={"subject": "s", "body": "a\r\nb\n\n<c>"})
    text, html = both(mail)
    assert text == "a\nb\n\n<c>"
    assert "a<br>\nb</p>" in html
    assert "&lt;c&gt;</p>" in html


@pytest.mark.parametrize("name", BUILT_IN)
def test_an_underscore_in_a_name_equals_a_dash(name: str) -> None:
    data = BUILT_IN[name]
    underscored = read_back(template=name.replace("-", "_"), data=data)
    assert both(read_back(template=name, data=data)) == both(underscored)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_first_capital_in_data_names_is_accepted(name: str) -> None:
    data = BUILT_IN[name]
    capital = read_back(template=name, data=capitalised(data))
    assert both(read_back(template=name, data=data)) == both(capital)


def test_a_template_may_spell_names_as_go_does(folder: Path) -> None:
    write(folder, go_subject="{{ Name }} {{ Items[0].Price }} {{ Items[0]['Price'] }}", go_txt="t")
    mail = read_back(
        composer_with(folder), template="go", data={"name": "Ann", "items": [{"price": 3}]}
    )
    assert mail["Subject"] == "Ann 3 3"


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("welcome", {"name": "Ann"}, "data.link"),
        ("password-reset", {"link": LINK}, "data.name"),
        (
            "order-confirmation",
            {**ORDER, "items": [ORDER["items"][0], {"name": "Cup", "quantity": 1}]},
            "data.items[1].price",
        ),
    ],
)
def test_missing_data_is_named(name: str, data: dict[str, Any], field: str) -> None:
    error = refusal(template=name, data=data)
    assert (field, f"missing, template {name!r} needs it") == (error.field, error.reason)


def test_null_is_never_shown(folder: Path) -> None:
    error = refusal(template="welcome", data={"name": None, "link": LINK})
    assert error.field == "template"
    assert "null" in error.reason
    assert "welcome.subject.j2, line 1" in error.reason
    write(folder, a_txt="{% if name %}{{ name }}{% else %}you{% endif %}", a_subject="s")
    mail = read_back(composer_with(folder), template="a", data={"name": None})
    assert body(mail) == "you\n"


def test_an_unknown_template_is_told_with_those_known() -> None:
    error = refusal(template="x", data={})
    assert error.field == "template"
    assert error.reason == (
        "unknown template 'x', known are"
        " notification, order-confirmation, password-reset, plain, welcome"
    )


@pytest.mark.parametrize(
    "name",
    ["", "../welcome", "/etc/passwd", "welcome.html", "_layout", "a\0", "a\n", "é", "..", "a/b"],
)
def test_a_name_that_is_a_path_or_a_part_is_refused(name: str) -> None:
    assert refusal(template=name, data={}).field == "template"


def test_the_messages_own_subject_text_and_html_win() -> None:
    data = BUILT_IN["welcome"]
    own = read_back(template="welcome", data=data, subject="Mine", text="my text")
    assert own["Subject"] == "Mine"
    text, html = both(own)
    assert text == "my text"
    assert "Your account is ready" in html
    text, html = both(read_back(template="welcome", data=data, html="<p>my html</p>"))
    assert (html, text[:12]) == ("<p>my html</p>", "Welcome, Ann")


def test_empty_fields_beside_a_template_count_as_absent() -> None:
    """Go marshals fields that are not set as empty strings."""
    data = BUILT_IN["welcome"]
    mail = read_back(template="welcome", data=data, subject="", text="", html="")
    assert mail["Subject"] == "Welcome, Ann"
    assert structure(mail) == ALTERNATIVE


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028", "\x0b"])
def test_a_line_break_in_a_rendered_subject_is_refused(line_break: str) -> None:
    data = {"name": f"Ann{line_break}Bcc: eve@evil.example", "link": LINK}
    assert refusal(template="welcome", data=data).field == "subject"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300))
@settings(deadline=None)
def test_data_never_becomes_markup(value: str) -> None:
    data = {"title": "t", "body": value}
    text, html = both(read_back(template="notification", data=data))
    assert value.replace("\r\n", "\n").replace("\r", "\n") in text
    own = html.count("<br>") + html.count("<p style") + html.count("</p>")
    assert html.count("<") - own == 31


def test_a_folder_overrides_and_adds(folder: Path) -> None:
    write(folder, welcome_html="<p>Hi {{ name }}</p>", news_txt="N {{ name }}", news_subject="News")
    composer = composer_with(folder)
    mail = read_back(composer, template="welcome", data=BUILT_IN["welcome"])
    # Text is made of the folder's HTML, for the built-in text would say something else.
    assert both(mail) == ("Hi Ann\n", "<p>Hi Ann</p>")
    assert mail["Subject"] == "Welcome, Ann"
    news = read_back(composer, template="news", data={"name": "Ann"})
    assert (news["Subject"], body(news)) == ("News", "N Ann\n")
    assert "news" in refusal(composer, template="x").reason


def test_a_folder_may_change_the_layout_of_all(folder: Path) -> None:
    (folder / "_layout.html.j2").write_text("<body>{% block content %}{% endblock %}</body>")
    text, html = both(
        read_back(composer_with(folder), template="notification", data={"title": "T", "body": "B"})
    )
    assert html.startswith("<body><h1")
    assert text == "T\n\nB"


def test_locales_are_preferred_from_the_most_special(folder: Path) -> None:
    write(
        folder,
        **{
            "hi_txt": "none",
            "hi_subject": "subject",
            "hi_pt_txt": "pt",
            "hi_pt-BR_txt": "pt-BR",
            "hi_pt-BR_subject": "assunto",
        },
    )
    composer = composer_with(folder)
    seen = {
        locale: (mail["Subject"], body(mail).strip())
        for locale in ("pt-BR", "pt_br", "pt-PT", "pt", "en", "", None)
        for mail in [read_back(composer, template="hi", locale=locale)]
    }
    assert seen == {
        "pt-BR": ("assunto", "pt-BR"),
        "pt_br": ("assunto", "pt-BR"),
        "pt-PT": ("subject", "pt"),
        "pt": ("subject", "pt"),
        "en": ("subject", "none"),
        "": ("subject", "none"),
        None: ("subject", "none"),
    }


def test_text_and_html_are_of_one_language(folder: Path) -> None:
    write(folder, hi_txt="hello", hi_html="<p>hello", hi_subject="s", hi_de_html="<p>hallo")
    assert both(read_back(composer_with(folder), template="hi", locale="de")) == (
        "hallo\n",
        "<p>hallo",
    )


def test_a_language_that_is_not_there_is_told(folder: Path) -> None:
    write(folder, hi_de_txt="hallo", hi_pt_txt="oi")
    reason = refusal(composer_with(folder), template="hi", locale="fr", subject="s").reason
    assert reason == "'hi' is not there for this `locale`, only for de, pt"


def test_what_a_template_lacks_is_told(folder: Path) -> None:
    write(folder, a_txt="t", b_subject="s")
    composer = composer_with(folder)
    assert refusal(composer, template="a").field == "subject"
    assert refusal(composer, template="b").field == "text"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ items.append(1) }}",
        "{{ '%s' % name.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ 1 / 0 }}",
        "{{ name + 1 }}",
        "{% include 'missing.txt.j2' %}",
        "{% include '../secret' %}",
        "{% extends '/etc/hostname' %}",
        "{{ items.clear }}",
        "{% for x in recursive(1) %}{% endfor %}",
    ],
)
def test_what_cannot_be_rendered_is_the_messages_fault_and_quotes_no_data(
    folder: Path, source: str
) -> None:
    write(folder, bad_txt=f"one\n{source}", bad_subject="s")
    data = {"name": "secret-name", "items": ["secret-item"]}
    error = refusal(composer_with(folder), template="bad", data=data)
    assert error.field == "template" or error.field.startswith("data.")
    assert "secret-" not in str(error)
    assert data == {"name": "secret-name", "items": ["secret-item"]}
    if error.field == "template":
        assert "bad.txt.j2, line 2" in error.reason


def test_data_is_not_a_template() -> None:
    mail = read_back(template="notification", data={"title": "{{ 7*7 }}", "body": "{% raw %}"})
    assert mail["Subject"] == "{{ 7*7 }}"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a_html": "x\n{% if %}"}, r"a\.html\.j2, line 2"),
        ({"a_txt": "{{ x | nosuch }}"}, r"a\.txt\.j2, line 1.*nosuch"),
    ],
)
def test_a_broken_template_is_told_at_construction(
    folder: Path, files: dict[str, str], words: str
) -> None:
    write(folder, **files)
    with pytest.raises(ValueError, match=f"EMAIL_TEMPLATES: {words}"):
        Composer(ComposerConfig(templates=folder))


def test_a_template_that_is_not_utf8_is_told_at_construction(folder: Path) -> None:
    (folder / "a.html.j2").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"EMAIL_TEMPLATES: a\.html\.j2 is not UTF-8"):
        Composer(ComposerConfig(templates=folder))


def test_a_missing_folder_is_told_at_construction(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"EMAIL_TEMPLATES: .*nosuch: No such file"):
        Composer(ComposerConfig(templates=folder / "nosuch"))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(templates: Templates) -> str:
    found = templates.current().find("a", None)
    assert found.text is not None
    return found.text.render()


def test_an_edit_is_seen_within_a_second(folder: Path) -> None:
    write(folder, a_txt="one")
    clock = Clock()
    templates = Templates(folder, monotonic=clock)
    write(folder, a_txt="second")
    clock.now = 0.9
    assert shown(templates) == "one"
    clock.now = 1.0
    assert shown(templates) == "second"


def test_a_file_just_being_written_is_left_to_settle(folder: Path) -> None:
    write(folder, a_txt="one")
    clock = Clock()
    templates = Templates(folder, monotonic=clock)
    (folder / "a.txt.j2").write_text("")
    clock.now = 1.0
    assert shown(templates) == "one"
    write(folder, a_txt="second")
    clock.now = 1.2
    assert shown(templates) == "second"


def test_an_edit_that_breaks_keeps_the_last_good_one_and_warns_once(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, a_txt="one", b_txt="b one")
    clock = Clock()
    templates = Templates(folder, monotonic=clock)
    write(folder, a_txt="two {% if %}")
    for clock.now in (1.0, 2.0, 3.0):
        assert shown(templates) == "one"
    (warning,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert "a.txt.j2, line 1" in warning.getMessage()
    write(folder, a_txt="three, mended")
    clock.now = 4.0
    assert shown(templates) == "three, mended"


def test_a_removed_template_is_gone_and_a_new_one_there(folder: Path) -> None:
    write(folder, a_txt="one")
    clock = Clock()
    templates = Templates(folder, monotonic=clock)
    (folder / "a.txt.j2").unlink()
    write(folder, b_txt="new")
    clock.now = 1.0
    with pytest.raises(InvalidMessage, match="unknown template 'a', known are b, "):
        templates.current().find("a", None)


def test_a_folder_that_cannot_be_read_leaves_the_templates_and_warns_once(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inner = folder / "templates"
    inner.mkdir()
    write(inner, a_txt="one")
    clock = Clock()
    templates = Templates(inner, monotonic=clock)
    inner.rename(folder / "away")
    for clock.now in (1.0, 2.0, 3.0):
        assert shown(templates) == "one"
    assert len([each for each in caplog.records if each.levelno == logging.WARNING]) == 1


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_estimate_covers_the_built_in_templates(name: str) -> None:
    made = message(template=name, data=BUILT_IN[name])
    composed = compose(template=name, data=BUILT_IN[name])
    assert len(read(composed).as_bytes()) <= PLAIN.estimate(made)
    assert PLAIN.estimate(message(template="nosuch")) > 0


def test_deeply_nested_data_is_no_trouble() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    data = {"name": "Ann", "deep": deep}
    assert PLAIN.estimate(message(template="welcome", data=data)) > 0
    assert refusal(template="welcome", data=data).field == "data.link"
    assert refusal(template="notification", data={"title": "t", "body": deep}).field == "template"


def test_the_estimate_grows_with_the_data() -> None:
    body_of = {"title": "t", "body": "Здравствуйте! " * 5000}
    composed = compose(template="notification", data=body_of)
    assert len(composed.content) <= PLAIN.estimate(message(template="notification", data=body_of))
