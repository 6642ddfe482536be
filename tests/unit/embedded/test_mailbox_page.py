"""The page shows mails, and a hostile mail can do nothing in it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from app.embedded.mailbox import Mailbox
from app.embedded.mailbox_page import mailbox_page, readable_size
from app.embedded.web import WebServer
from tests.support.waiting import run

EVIL = "<script>alert(1)</script>\"'&"


def mailbox_with(*messages: EmailMessage) -> Mailbox:
    async def fill() -> Mailbox:
        mailbox = Mailbox(now=lambda: datetime(2026, 1, 2, tzinfo=UTC))
        for message in messages:
            envelope = SimpleNamespace(
                mail_from="s@example.com",
                rcpt_tos=["ann@example.com", "bcc@example.com"],
                original_content=message.as_bytes(),
            )
            await mailbox.handle_DATA(None, None, envelope)
        return mailbox

    return run(fill())


def message(subject: str, text: str = "plain", html: str | None = None) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Shop <shop@example.com>"
    made["Subject"] = subject
    made.set_content(text)
    if html is not None:
        made.add_alternative(html, subtype="html")
    return made


def get(path: str, *messages: EmailMessage, host: str = "127.0.0.1") -> httpx.Response:
    transport = httpx.ASGITransport(mailbox_page(mailbox_with(*messages)))

    async def main() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.get(path)

    return run(main())


def test_the_newest_mail_comes_first() -> None:
    page = get("/", message("older"), message("newer")).text

    assert 0 < page.index("newer") < page.index("older")
    assert "to ann@example.com, bcc@example.com" in page


def test_an_empty_mailbox_says_so() -> None:
    assert "Nothing has arrived yet" in get("/").text


def test_one_mail_shows_headers_text_and_attachments() -> None:
    made = message("Grüße", "the text")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")

    page = get("/mail/1", made).text

    for shown in ("Grüße", "the text", "Shop &lt;shop@example.com&gt;", "bill.pdf", "bcc@"):
        assert shown in page


def test_markup_in_a_mail_is_shown_not_run() -> None:
    evil = message(EVIL, EVIL, EVIL)
    evil.add_attachment(b"x", maintype="text", subtype="html", filename=f"{EVIL}.html")

    for path in ("/", "/mail/1"):
        answer = get(path, evil)
        assert "<script" not in answer.text
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_html_part_lives_in_a_sandbox_that_fetches_nothing() -> None:
    answer = get("/mail/1/html", message("s", html=EVIL))

    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert '<iframe sandbox=""' in get("/mail/1", message("s", html=EVIL)).text


def test_inline_images_are_shown_and_others_left_out() -> None:
    made = message("s", html='<img src="cid:logo"><img src="cid:drawing"><img src="cid:none">')
    html: Any = made.get_payload(1)
    html.add_related(b"PNG", "image", "png", cid="<logo>")
    html.add_related(b"<svg/>", "image", "svg+xml", cid="<drawing>")

    shown = get("/mail/1/html", made).text

    assert 'src="data:image/png;base64,UE5H"' in shown
    assert 'src="cid:drawing"' in shown
    assert 'src="cid:none"' in shown


def test_an_attachment_is_only_ever_downloaded() -> None:
    made = message("s")
    made.add_attachment(b"<script>", maintype="text", subtype="html", filename='ü;"x.html')

    answer = get("/mail/1/part/0", made)

    assert answer.content == b"<script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert (
        answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%BC%3B%22x.html"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_source_is_plain_text() -> None:
    answer = get("/mail/1/raw", message("s", html=EVIL))

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Subject: s" in answer.text


@pytest.mark.parametrize(
    "path", ["/mail/2", "/mail/0/html", "/mail/1/html", "/mail/1/part/0", "/mail/x", "/other"]
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert get(path, message("s")).status_code == 404


def test_names_of_somebody_else_are_not_answered() -> None:
    assert get("/", message("s"), host="mail.evil.example").status_code == 400


def test_a_mail_stays_listed_whatever_its_headers_are() -> None:
    broken = EmailMessage()
    broken.set_payload("x")

    assert "(no subject)" in get("/", broken).text


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_000_000, "2.0 MB")]
)
def test_sizes_are_readable(size: int, shown: str) -> None:
    assert readable_size(size) == shown


def test_the_page_is_served_on_a_port_and_gone_afterwards() -> None:
    async def main() -> str:
        async with WebServer(mailbox_page(Mailbox())) as server:
            host, port = server.url.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
        with pytest.raises(OSError, match=r"refused|failed"):
            await asyncio.open_connection(host, int(port))
        return answer.decode()

    assert "Nothing has arrived yet" in run(main())
