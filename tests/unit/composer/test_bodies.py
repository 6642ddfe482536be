"""Text comes back as written, its line ends normal, in lines that any relay takes."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from tests.unit.composer.mails import body, compose, read, read_back, refusal

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=2000)
TRICKY = st.text(alphabet="ab=. \t\r\nF\u00e9€😀rom", max_size=600)
SMUGGLED = "\nMAIL FROM:<eve@evil.example>\nRCPT TO:<ann@example.com>\nDATA\n"


def normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.one_of(TEXTS, TRICKY))
@example("")
@example("." * 500)
@example("=" * 500)
@example("a " * 300)
@example("From me\n.\n..\nFrom you\n")
@settings(deadline=None)
def test_any_text_is_read_back(text: str) -> None:
    mail = read_back(text=text)
    assert normal(text) == body(mail).removesuffix("\n") + "\n" * normal(text).endswith("\n")


@given(st.one_of(TEXTS, TRICKY), st.one_of(TEXTS, TRICKY))
@settings(deadline=None)
def test_any_text_and_html_are_read_back_to_the_last_character(text: str, html: str) -> None:
    composed = compose(text=text, html=html)
    first, second = read(composed).iter_parts()
    assert (normal(text), normal(html)) == (body(first), body(second))
    assert max(map(len, composed.content.split(b"\r\n"))) <= 76


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Hello", "quoted-printable"),
        ("Grüße an alle, die das hier lesen", "quoted-printable"),
        ("Привет, как дела?", "base64"),
        ("你好", "base64"),
        ("=" * 100, "base64"),
    ],
)
def test_the_shorter_encoding_is_taken(text: str, encoding: str) -> None:
    assert encoding == read_back(text=text)["Content-Transfer-Encoding"]


def test_plain_text_stays_readable() -> None:
    lines = b"Hello Ann,\r\n\r\nsee https://example.com/?a=3D1\r\n"
    assert lines in compose(text="Hello Ann,\n\nsee https://example.com/?a=1\n").content


@pytest.mark.parametrize(
    "end", ["\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r", "\r.\n", "\r\n.\n", "\n.\r\n", "\r\n.\r"]
)
def test_smuggling_is_inert(end: str) -> None:
    """Neither a lone CR or LF nor a line that is a lone dot leaves the composer."""
    text = f"before{end}{SMUGGLED}after"
    composed = compose(text=text, html=text)
    mail = read(composed)
    assert [normal(text)] * 2 == [body(part) for part in mail.iter_parts()]
    assert b"\r\n." not in composed.content


@pytest.mark.parametrize("field", ["text", "html"])
def test_nul_and_lone_surrogates_are_refused_by_name(field: str) -> None:
    assert refusal(**{field: "a\0b"}).field == field
    assert refusal(**{field: "a\ud800b"}).field == field


def test_neither_text_nor_html_is_refused() -> None:
    assert refusal(text=None).field == "text"


def test_a_missing_subject_is_refused() -> None:
    assert refusal(subject=None).field == "subject"


def test_what_is_larger_than_allowed_is_refused() -> None:
    composer = Composer(ComposerConfig(default_from="mail@shop.example", max_bytes=1000))
    assert len(compose(composer, text="x" * 300).content) <= 1000
    assert "at most 1000 allowed" in str(refusal(composer, text="x" * 1000))
