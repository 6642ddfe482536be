"""A folder of templates of one's own: what it overrides, and how edits are followed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from app.composer.budget import Budget
from app.composer.folder import Templates
from app.composer.rendering import Rendering
from app.composer.sources import usable
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
    with pytest.raises(ValueError, match=r"EMAIL_TEMPLATES: a\.html\.j2: is not UTF-8"):
        Composer(ComposerConfig(templates=folder))


def test_a_missing_folder_is_told_at_construction(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"EMAIL_TEMPLATES: .*nosuch: No such file"):
        Composer(ComposerConfig(templates=folder / "nosuch"))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(templates: Templates, name: str = "a") -> str:
    found = templates.current().find(name, None)
    assert found.text is not None
    return Rendering(name, {}, Budget(10_000)).of(found.text)


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


def test_an_edit_that_breaks_keeps_the_last_good_one_and_is_told_until_mended(
    folder: Path,
) -> None:
    write(folder, a_txt="one", b_txt="b one")
    clock = Clock()
    templates = Templates(folder, monotonic=clock)
    assert templates.broken() == ()
    write(folder, a_txt="two\n{% if %}", b_txt="b two")
    for clock.now in (1.0, 2.0, 3.0):
        assert shown(templates) == "one"
        assert shown(templates, "b") == "b two"
        (broken,) = templates.broken()
        assert (broken.file, broken.line) == ("a.txt.j2", 2)
        assert str(broken).startswith("a.txt.j2, line 2: Expected an expression")
    write(folder, a_txt="three, mended")
    clock.now = 4.0
    assert templates.broken() == ()
    assert shown(templates) == "three, mended"


def test_a_template_too_deep_for_python_is_broken_like_any_other(folder: Path) -> None:
    write(folder, a_txt="one")
    templates = Templates(folder)
    write(folder, a_txt="{% for a in b %}" * 40 + "{% endfor %}" * 40)
    assert "cannot be compiled" in str(templates.reload()[0])
    write(folder, a_txt="{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}")
    assert "cannot be compiled" in str(templates.reload()[0])
    assert shown(templates) == "one"


def test_a_new_template_that_is_broken_is_told_and_the_others_stay(folder: Path) -> None:
    write(folder, a_txt="one")
    clock = Clock()
    templates = Templates(folder, monotonic=clock)
    write(folder, b_txt="{{")
    (folder / "c.txt.j2").write_bytes(b"\xff")
    os.utime(folder / "c.txt.j2", (1, 1))
    clock.now = 1.0
    assert {each.file for each in templates.broken()} == {"b.txt.j2", "c.txt.j2"}
    assert shown(templates) == "one"
    with pytest.raises(InvalidMessage, match="unknown template 'b'"):
        templates.current().find("b", None)


def test_what_a_template_needs_must_be_there(folder: Path) -> None:
    write(folder, a_txt="{% include 'b.txt.j2' %}", b_txt="b")
    clock = Clock()
    templates = Templates(folder, monotonic=clock)
    write(folder, c_txt="{% extends 'nosuch.txt.j2' %}", a_txt="{% include 'd.txt.j2' %}!")
    (folder / "b.txt.j2").unlink()
    clock.now = 1.0
    assert sorted(map(str, templates.broken())) == [
        "a.txt.j2: needs d.txt.j2, which is not there",
        "b.txt.j2: is gone, but a.txt.j2 needs it",
        "c.txt.j2: needs nosuch.txt.j2, which is not there",
    ]
    assert shown(templates) == "b"
    write(folder, d_txt="d")
    (folder / "c.txt.j2").unlink()
    clock.now = 2.0
    assert templates.broken() == ()
    assert shown(templates) == "d!"


def test_what_may_be_missing_may_be(folder: Path) -> None:
    write(folder, a_txt="{% include 'nosuch' ignore missing %}{% include ['no', 'b.txt.j2'] %}")
    write(folder, b_txt="b")
    assert shown(Templates(folder)) == "b"


def test_a_template_that_needs_what_is_not_there_is_told_at_construction(folder: Path) -> None:
    write(folder, a_txt="{% include '../secret' %}")
    with pytest.raises(ValueError, match=r"a\.txt\.j2: needs \.\./secret, which is not there"):
        Templates(folder)


def test_reload_reads_at_once(folder: Path) -> None:
    write(folder, a_txt="one")
    templates = Templates(folder, monotonic=Clock())
    (folder / "a.txt.j2").write_text("just written")
    assert templates.reload() == ()
    assert shown(templates) == "just written"
    (folder / "a.txt.j2").write_text("{{")
    (broken,) = templates.reload()
    assert broken.file == "a.txt.j2"
    assert shown(templates) == "just written"
    assert Templates(None).reload() == ()


FILE = st.sampled_from(["one", "{{", "{% include 'a.txt.j2' %}", "{% include 'b.txt.j2' %}"])
FILES = st.dictionaries(st.sampled_from(["a.txt.j2", "b.txt.j2", "c.txt.j2"]), FILE | st.just("2"))


@given(FILES, FILES)
def test_whatever_is_edited_what_is_used_is_whole(
    before: dict[str, str], after: dict[str, str]
) -> None:
    good, _ = usable(before, {})
    then, broken = usable(after, good)
    assert usable(then, {}) == (then, {})
    assert {name for name in good if name in after} <= then.keys()
    assert all(then.get(name) == text or name in broken for name, text in after.items())


def test_a_removed_template_is_gone_and_a_new_one_there(folder: Path) -> None:
    write(folder, a_txt="one")
    clock = Clock()
    templates = Templates(folder, monotonic=clock)
    (folder / "a.txt.j2").unlink()
    write(folder, b_txt="new")
    clock.now = 1.0
    with pytest.raises(InvalidMessage, match="unknown template 'a', known are b, "):
        templates.current().find("a", None)


def test_a_folder_that_cannot_be_read_leaves_the_templates_and_is_told(folder: Path) -> None:
    inner = folder / "templates"
    inner.mkdir()
    write(inner, a_txt="one")
    clock = Clock()
    templates = Templates(inner, monotonic=clock)
    inner.rename(folder / "away")
    for clock.now in (1.0, 2.0, 3.0):
        assert shown(templates) == "one"
        assert [str(each) for each in templates.broken()] == [
            f"{inner}: cannot be read: No such file or directory"
        ]
    (folder / "away").rename(inner)
    clock.now = 4.0
    assert templates.broken() == ()
