"""The mailbox keeps what it gets and refuses what it is told to."""

from __future__ import annotations

import asyncio
import smtplib
import sys
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from app.embedded.errors import EmbeddedError
from app.embedded.mailbox import Mailbox, MailboxRules
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Callable


def send(port: int, *recipients: str) -> dict[str, tuple[int, bytes]]:
    message = EmailMessage()
    message["From"] = "sender@example.com"
    message["To"] = "shown@example.com"
    message["Subject"] = "Hello"
    message.set_content("One\n.leading dot\n")
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        try:
            return client.send_message(message, to_addrs=recipients)
        except smtplib.SMTPRecipientsRefused as refused:
            return dict(refused.recipients)


def with_mailbox(rules: MailboxRules, use: Callable[[int], object]) -> Mailbox:
    """Run `use` in a thread while the mailbox is open."""

    async def main() -> Mailbox:
        async with Mailbox(rules=rules) as mailbox:
            await asyncio.to_thread(use, mailbox.port)
            return mailbox

    return run(main())


def test_a_mail_is_kept_with_its_envelope() -> None:
    mailbox = with_mailbox(
        MailboxRules(), lambda port: send(port, "ann@example.com", "hidden@example.com")
    )

    (mail,) = mailbox.mails
    assert mail.sender == "sender@example.com"
    assert mail.recipients == ("ann@example.com", "hidden@example.com")
    assert mail.text == "One\n.leading dot\n"
    assert mail is mailbox.find(1)
    assert mailbox.find(2) is None


def test_a_greylisted_recipient_is_refused_once() -> None:
    answers: list[dict[str, tuple[int, bytes]]] = []
    rules = MailboxRules(greylisted=frozenset({"later@example.com"}))

    def use(port: int) -> None:
        answers.extend(send(port, "Later@example.com") for _ in range(3))

    mailbox = with_mailbox(rules, use)

    refusal = {"Later@example.com": (450, b"4.2.0 Greylisted, try again later")}
    assert answers == [refusal, {}, {}]
    assert len(mailbox.mails) == 2


def test_an_unknown_recipient_is_refused_and_the_others_get_theirs() -> None:
    answers: list[dict[str, tuple[int, bytes]]] = []
    rules = MailboxRules(unknown=frozenset({"nobody@example.com"}))

    mailbox = with_mailbox(
        rules, lambda port: answers.append(send(port, "ann@example.com", "nobody@example.com"))
    )

    assert answers == [{"nobody@example.com": (550, b"5.1.1 No such user here")}]
    assert [mail.recipients for mail in mailbox.mails] == [("ann@example.com",)]


def test_a_taken_port_is_named() -> None:
    async def main() -> None:
        async with Mailbox() as first:
            with pytest.raises(EmbeddedError, match=f"cannot listen on 127.0.0.1:{first.port}"):
                async with Mailbox(first.port):
                    pass

    run(main())


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd.smtp", None)

    async def main() -> None:
        with pytest.raises(EmbeddedError, match=r"kafka-mailer\[demo\]"):
            async with Mailbox():
                pass

    run(main())
