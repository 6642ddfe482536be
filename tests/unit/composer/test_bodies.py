"""Text comes back as written, its line ends normal, in lines that any relay takes."""

from __future__ import annotations

import base64
import quopri
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from app.composer.bodies import base64_lines, base64_size, quoted_printable
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
        # As long as the other, and by one character longer.
        ("aaaa==", "quoted-printable"),
        ("aaa====", "base64"),
        ("aaé\n", "quoted-printable"),
        ("aaaaéé\n", "quoted-printable"),
        ("a" * 14 + "😀", "quoted-printable"),
        ("", "quoted-printable"),
        ("aéé\n", "base64"),
    ],
)
def test_the_shorter_encoding_is_taken(text: str, encoding: str) -> None:
    assert encoding == read_back(text=text)["Content-Transfer-Encoding"]


@given(st.text(alphabet="ab =\t.éF", max_size=300))
@settings(deadline=None)
def test_a_quoted_line_is_as_long_as_it_can_be(line: str) -> None:
    quoted = quoted_printable(line.encode()).decode()
    assert line.encode() == quopri.decodestring(quoted.replace("\r\n", "\n"))
    pieces = quoted.split("\r\n")
    assert max(map(len, pieces)) <= 76
    for piece, following in pairwise(pieces):
        assert piece.endswith("=")
        first = following[: 3 if following[0] == "=" else 1]
        assert len(piece) + len(first) > 76, "it would have had room"


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("a" * 76, "a" * 76),
        ("a" * 77, "a" * 75 + "=\r\naa"),
        ("a" * 74 + "=a", "a" * 74 + "=\r\n=3Da"),
        ("a" * 73 + "=a", "a" * 73 + "=\r\n=3Da"),
        ("a" * 72 + "=a", "a" * 72 + "=3Da"),
        ("a" * 72 + "=ab", "a" * 72 + "=3D=\r\nab"),
        ("a ", "a=20"),
        ("a\t", "a=09"),
        (" ", "=20"),
        (".", "=2E"),
        (".a", "=2Ea"),
        ("." + "a" * 73, "=2E" + "a" * 73),
        ("From a", "=46rom a"),
        ("From", "From"),
        ("a.", "a."),
        ("a From b", "a From b"),
        ("\x7f\x1f\x0c~!", "=7F=1F=0C~!"),
    ],
)
def test_a_line_is_quoted_as_little_as_it_can_be(line: str, quoted: str) -> None:
    assert quoted == quoted_printable(line.encode()).decode()
    assert f"{quoted}\r\n{quoted}" == quoted_printable(f"{line}\n{line}".encode()).decode()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 114, 115, 1000])
def test_base64_is_in_lines_of_76_and_its_size_can_be_told(size: int) -> None:
    encoded = base64_lines(b"x" * size)
    *lines, last = encoded.split(b"\r\n")
    assert all(len(line) == 76 for line in lines)
    assert len(last) <= 76
    assert b"x" * size == base64.b64decode(encoded)
    assert base64_size(size) == len(encoded) + 2 * bool(size)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_line_ends_within_base64_are_those_of_mail(end: str) -> None:
    content = compose(text=f"你好{end}再见").content
    assert "你好\r\n再见".encode() == base64.b64decode(content.partition(b"\r\n\r\n")[2])


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
    for text, reason in (
        ("a\0b", "has a NUL character, which no mail may have"),
        ("a\ud800b", "has a lone surrogate, which UTF-8 cannot express"),
    ):
        assert str(refusal(**{field: text})) == f"{field}: {reason}"


def test_neither_text_nor_html_is_refused() -> None:
    assert refusal(text=None).field == "text"


def test_a_missing_subject_is_refused() -> None:
    assert refusal(subject=None).field == "subject"


def test_what_is_larger_than_allowed_is_refused() -> None:
    composer = Composer(ComposerConfig(default_from="mail@shop.example", max_bytes=1000))
    assert len(compose(composer, text="x" * 300).content) <= 1000
    assert "at most 1000 allowed" in str(refusal(composer, text="x" * 1000))
