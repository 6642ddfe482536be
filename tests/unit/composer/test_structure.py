"""The tree of parts, and attachments in it."""

from __future__ import annotations

import email
import re
from email import policy
from email.message import EmailMessage
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.message import Attachment, Unsubscribe
from tests.unit.composer.mails import (
    ANN,
    NOW,
    PLAIN,
    TRAIL,
    compose,
    message,
    read,
    read_back,
    refusal,
    structure,
)

PDF = Attachment("report.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")
LOGO = Attachment("logo.png", "image/png", b"\x89PNG", "inline", "logo")
FILE_NAMES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=150
).filter(lambda name: name.strip() == name)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": "t"}, "text/plain"),
        ({"html": "h"}, "text/html"),
        ({"text": "t", "html": "h"}, ("multipart/alternative", ["text/plain", "text/html"])),
        (
            {"text": "t", "attachments": (PDF,)},
            ("multipart/mixed", ["text/plain", "application/pdf"]),
        ),
        ({"html": "h", "attachments": (LOGO,)}, ("multipart/related", ["text/html", "image/png"])),
        # With nothing to point at it, an inline image is shown where it stands.
        ({"text": "t", "attachments": (LOGO,)}, ("multipart/mixed", ["text/plain", "image/png"])),
        (
            {"text": "t", "html": "h", "attachments": (PDF, LOGO)},
            (
                "multipart/mixed",
                [
                    (
                        "multipart/alternative",
                        ["text/plain", ("multipart/related", ["text/html", "image/png"])],
                    ),
                    "application/pdf",
                ],
            ),
        ),
    ],
)
def test_the_tree_is_as_deep_as_needed(fields: dict[str, object], expected: object) -> None:
    assert expected == structure(read_back(**fields))


def test_related_names_its_root() -> None:
    mail = read_back(html='<img src="cid:logo">', attachments=(LOGO,))
    assert mail["Content-Type"].params["type"] == "text/html"
    image = list(mail.iter_parts())[1]
    assert (image["Content-ID"], image.get_content_disposition()) == ("<logo>", "inline")


WHOLE = """\
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="=_#_m"

--=_#_m
Content-Type: multipart/alternative;
 boundary="=_#_a"

--=_#_a
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

t
--=_#_a
Content-Type: multipart/related; type="text/html";
 boundary="=_#_r"

--=_#_r
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

h
--=_#_r
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-Disposition: inline;
 filename="logo.png"
Content-ID: <logo>

iVBORw==
--=_#_r--
--=_#_a--
--=_#_m
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
 filename="report.pdf"

JVBERi0xLjcgAP8=
--=_#_m--
"""


def test_the_whole_is_written_as_plainly_as_it_can_be() -> None:
    content = compose(text="t", html="h", attachments=(PDF, LOGO)).content.decode()
    boundaries = set(re.findall(r"[0-9a-f]{24}(?=_[amr])", content))
    assert 1 == len(boundaries)
    written = content.replace(boundaries.pop(), "#")
    assert WHOLE.replace("\n", "\r\n") == written[written.index("MIME-Version") :]


def test_boundaries_cannot_be_foreseen() -> None:
    boundaries = [str(read(compose(text="t", html="h")).get_boundary()) for _ in range(150)]
    assert 150 == len(set(boundaries))
    assert all(re.fullmatch("=_[0-9a-f]{24}_a", each) for each in boundaries)
    drawn = [each[2:26] for each in boundaries]
    assert all(after[:8] not in before for before, after in pairwise(drawn))


@given(FILE_NAMES, st.binary(max_size=500))
@settings(deadline=None)
def test_any_attachment_is_read_back(name: str, content: bytes) -> None:
    composed = compose(attachments=(Attachment(name, "application/x-thing", content),))
    (part,) = read(composed).iter_attachments()
    # `get_filename` takes quotation marks and angle brackets off that are the name's own.
    read_name = part["Content-Disposition"].params["filename"]
    assert (name, content) == (read_name, part.get_content())
    assert max(map(len, composed.content.split(b"\r\n"))) <= 76


@pytest.mark.parametrize(
    ("name", "fallback"),
    [
        ("Übersicht.pdf", "Ubersicht.pdf"),
        ("报告.pdf", "__.pdf"),
        ("a" * 100 + ".docx", "a" * 45 + ".docx"),
        ("été/2025.csv", "ete_2025.csv"),
        ('a"b;c\\d.txt', "a_b_c_d.txt"),
    ],
)
def test_a_file_name_has_an_ascii_fallback(name: str, fallback: str) -> None:
    content = compose(attachments=(Attachment(name, "text/csv", b""),)).content
    assert f' filename="{fallback}"\r\n'.encode() in content
    assert b"filename*" in content


@pytest.mark.parametrize("control", ["\r", "\n", "\0", "\x1b", "\u2028"])
def test_a_control_character_in_a_file_name_is_refused(control: str) -> None:
    bad = Attachment(f"a{control}b.pdf", "application/pdf", b"")
    assert refusal(attachments=(PDF, bad)).field == "attachments[1].filename"


def test_a_file_without_a_name_has_none() -> None:
    (part,) = read_back(attachments=(Attachment("", "application/pdf", b"x"),)).iter_attachments()
    assert part.get_filename() is None


@pytest.mark.parametrize(
    ("given_type", "expected"),
    [
        ("Text/CSV", "text/csv"),
        ("text/calendar; method=REQUEST", 'text/calendar; method="REQUEST"; charset="utf-8"'),
        ('text/plain;charset="iso-8859-1"', 'text/plain; charset="iso-8859-1"'),
        ('application/x.y+z; name="a;b\\" c"', None),
    ],
)
def test_content_types_keep_their_parameters(given_type: str, expected: str | None) -> None:
    content = "é".encode() if "calendar" in given_type else b"a"
    (part,) = read_back(attachments=(Attachment("f", given_type, content),)).iter_attachments()
    if expected is not None:
        assert expected == part["Content-Type"]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "pdf",
        "a/",
        "/b",
        "a/b/c",
        "a/b\r\nBcc: x",
        "ä/b",
        "a/b; c",
        "multipart/mixed",
        "a" * 600,
    ],
)
def test_a_bad_content_type_is_refused(bad: str) -> None:
    assert refusal(attachments=(Attachment("f", bad, b""),)).field == "attachments[0].content_type"


@pytest.mark.parametrize("bad", ["", "a b", "a>b", "ä", "a\r\nb", "x" * 251])
def test_a_bad_content_id_is_refused(bad: str) -> None:
    image = Attachment("f.png", "image/png", b"", "inline", bad)
    assert refusal(html="h", attachments=(image,)).field == "attachments[0].content_id"


def test_a_content_id_given_twice_is_refused() -> None:
    error = refusal(html="h", attachments=(LOGO, LOGO))
    assert str(error) == "attachments[1].content_id: is another attachment's too"


def test_a_mail_is_attached_without_encoding() -> None:
    inner = b"Subject: Inner\nFrom: a@b.example\n\nHello\n.\n"
    composed = compose(attachments=(Attachment("m.eml", "message/rfc822", inner),))
    part = list(email.message_from_bytes(composed.content, policy=policy.default).iter_parts())[1]
    assert isinstance(part, EmailMessage)
    assert part["Content-Transfer-Encoding"] == "7bit"
    assert part.get_content()["Subject"] == "Inner"


@pytest.mark.parametrize("inner", ["Subject: é\r\n\r\n".encode(), b"a: \0\r\n\r\n", b"x" * 999])
def test_a_mail_that_is_not_seven_bit_is_attached_as_a_file(inner: bytes) -> None:
    (part,) = read_back(
        attachments=(Attachment("m.eml", "message/rfc822", inner),)
    ).iter_attachments()
    assert ("application/octet-stream", inner) == (part.get_content_type(), part.get_content())


def test_unsubscribing_by_one_click() -> None:
    mail = read_back(
        unsubscribe=Unsubscribe("https://shop.example/u?t=1", "u@shop.example", one_click=True)
    )
    assert mail["List-Unsubscribe"] == "<https://shop.example/u?t=1>, <mailto:u@shop.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_unsubscribing_by_mail_alone() -> None:
    mail = read_back(unsubscribe=Unsubscribe(mailto="mailto:u@shop.example?subject=stop"))
    assert mail["List-Unsubscribe"] == "<mailto:u@shop.example?subject=stop>"
    assert mail["List-Unsubscribe-Post"] is None


def test_a_long_unsubscribe_url_keeps_whole() -> None:
    url = "https://shop.example/u?" + "t" * 700
    mail = read_back(unsubscribe=Unsubscribe(url, "u@shop.example"))
    assert mail["List-Unsubscribe"] == f"<{url}>, <mailto:u@shop.example>"


@pytest.mark.parametrize(
    ("unsubscribe", "field"),
    [
        (Unsubscribe("javascript:alert(1)"), "unsubscribe.url"),
        (Unsubscribe("https://a.example/>,<https://evil.example"), "unsubscribe.url"),
        (Unsubscribe("https://a.example/\r\nBcc: x"), "unsubscribe.url"),
        (Unsubscribe("https://a.example/" + "x" * 1000), "unsubscribe.url"),
        (Unsubscribe("http://a.example", one_click=True), "unsubscribe.one_click"),
        (Unsubscribe(mailto="u@shop.example", one_click=True), "unsubscribe.one_click"),
        (Unsubscribe(mailto="nobody"), "unsubscribe.mailto"),
        (Unsubscribe(mailto="mailto:a@b.example\r\nx"), "unsubscribe.mailto"),
    ],
)
def test_what_cannot_unsubscribe_is_refused(unsubscribe: Unsubscribe, field: str) -> None:
    assert field == refusal(unsubscribe=unsubscribe).field


@given(
    text=st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    html=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    subject=FILE_NAMES,
    names=st.lists(FILE_NAMES, max_size=3),
    content=st.binary(max_size=300),
    content_type=st.sampled_from(["application/pdf", "message/rfc822", "text/csv"]),
)
@settings(deadline=None)
def test_the_estimate_is_never_too_low(
    text: str | None,
    html: str,
    subject: str,
    names: list[str],
    content: bytes,
    content_type: str,
) -> None:
    attachments = tuple(Attachment(name, content_type, content) for name in names)
    made = message(text=text, html=html, subject=subject, attachments=attachments)
    composed = PLAIN.compose(made, TRAIL, (ANN,), now=NOW)
    assert len(composed.content) <= PLAIN.estimate(made)
