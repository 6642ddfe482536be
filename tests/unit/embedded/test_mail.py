"""Reading a received mail: whatever arrives, the page can show it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.embedded.mail import ReceivedMail


def received(raw: bytes) -> ReceivedMail:
    return ReceivedMail(
        1, datetime(2026, 1, 2, tzinfo=UTC), "s@example.com", ("r@example.com",), raw
    )


def rich_mail() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Grüße 日本"
    message["To"] = "Ann <ann@example.com>"
    message.set_content("plain words")
    message.add_alternative('<img src="cid:logo">', subtype="html")
    html: Any = message.get_payload(1)
    html.add_related(b"PNG", "image", "png", cid="<logo>")
    message.add_attachment(b"a,b", maintype="text", subtype="csv", filename="Liste für alle.csv")
    message.add_attachment("attached text", filename="notes.txt")
    return message


def test_bodies_and_parts_are_told_apart() -> None:
    mail = received(rich_mail().as_bytes())

    assert mail.subject == "Grüße 日本"
    assert mail.text == "plain words\n"
    assert mail.html == '<img src="cid:logo">\n'
    assert [(one.filename, one.content_type, one.content_id) for one in mail.parts] == [
        ("part-1", "image/png", "logo"),
        ("Liste für alle.csv", "text/csv", None),
        ("notes.txt", "text/plain", None),
    ]
    assert mail.parts[1].content == b"a,b"


def test_a_name_cannot_leave_its_folder() -> None:
    raw = b'Content-Disposition: attachment; filename="../../etc/passwd"\n\nx'

    assert [part.filename for part in received(raw).parts] == [".._.._etc_passwd"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"Subject: =?utf-8?q?broken\n\n",
        b"To: @@,,<<>>;\nFrom: =?x-nowhere?b?////?=\n\nbody",
        b"Content-Type: text/plain; charset=x-nowhere\n\nb\xffdy",
        b"Content-Type: multipart/mixed\n\nno boundary",
        b"Content-Type: text/html; charset=utf-16\n\nodd",
        b"Message-ID: <\n\nbody",
        b"Content-Disposition: attachment; filename*=utf-8''%ff\n\nx",
        b"Content-Transfer-Encoding: base64\n\n!!!not base64",
        b"Subject: \xff\xfe raw bytes\n\nbody",
    ],
)
def test_a_broken_mail_is_shown_as_far_as_it_goes(raw: bytes) -> None:
    look_at_all(received(raw))


@given(st.binary(max_size=400))
def test_no_bytes_make_reading_fail(raw: bytes) -> None:
    look_at_all(received(raw))


@given(
    st.sampled_from(
        ["From", "To", "Subject", "Date", "Message-ID", "Content-Type", "Content-Disposition"]
    ),
    st.text(st.characters(exclude_characters="\r\n"), max_size=80),
)
def test_no_header_makes_reading_fail(name: str, value: str) -> None:
    look_at_all(received(f"{name}: {value}\r\n\r\nbody".encode("utf-8", "surrogatepass")))


def look_at_all(mail: ReceivedMail) -> None:
    shown = [mail.subject, mail.text, mail.html, *(part.filename for part in mail.parts)]
    shown += [text for pair in mail.headers for text in pair]
    for text in shown:
        (text or "").encode()  # no lone surrogates: the page could not be sent
