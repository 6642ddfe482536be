"""A folder of templates of one's own: what it overrides, and how edits are followed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from app.composer import Composer, ComposerConfig
from app.composer.folder import Templates
from app.domain.errors import InvalidMessage
from tests.unit.composer.mails import (
    body,
    both,
    composer_with,
    read_back,
    refusal,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

WELCOME = {"name": "Ann", "link": "https://shop.example/r"}


def test_a_folder_overrides_and_adds(folder: Path) -> None:
    write(folder, welcome_html="<p>Hi {{ name }}</p>", news_txt="N {{ name }}", news_subject="News")
    composer = composer_with(folder)
    mail = read_back(composer, template="welcome", data=WELCOME)
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
