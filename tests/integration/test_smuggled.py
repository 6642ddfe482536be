"""A real Postfix that ends a mail where anybody says so makes one mail of each that we send."""

from __future__ import annotations

import smtplib
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pytest
import uvloop

from app.relay import Security
from tests.support.relay_rig import LoopRunner, codes, relays_to
from tests.support.smuggled import PAYLOADS, PLACES, VICTIM, with_payload
from tests.support.submission import MODES

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.support.submission import Submission

run: Final = LoopRunner(uvloop.new_event_loop)
SMUGGLED: Final = {
    (place, name): with_payload(place, name) for place in PLACES for name in PAYLOADS
}


@pytest.mark.parametrize("mode", MODES)
def test_a_hidden_mail_stays_words_in_the_one_that_hides_it(
    submission: Submission, mode: str
) -> None:
    async def main() -> None:
        server = submission.at(mode)
        async with relays_to(server, connections=1, security=Security.NONE) as relays:
            for mail in SMUGGLED.values():
                assert [250] == codes(await relays.send(mail))

    run(main())
    mails = submission.wait_for(len(SMUGGLED))
    assert sorted(each.message_id for each in SMUGGLED.values()) == sorted(
        mail.message_id for mail in mails
    )
    assert {"ann@example.com"} == {mail.recipient for mail in mails}
    by_id = {mail.message_id: mail for mail in mails}
    for (place, name), sent in SMUGGLED.items():
        mail = by_id[sent.message_id]
        assert mail.raw.endswith(sent.content.replace(b"\r\n", b"\n"))
        assert "smuggled" not in str(mail.message["Subject"])
        if place != "attached mail":
            assert b"Pay here" in words(mail.message), (place, name)


def words(mail: EmailMessage) -> bytes:
    return b"".join(
        content
        for part in mail.walk()
        if isinstance(content := part.get_payload(decode=True), bytes)
    )


def test_this_postfix_would_have_been_misled(submission: Submission) -> None:
    """Else the test above would prove nothing: the same said carelessly makes two mails."""
    hiding = PAYLOADS["LF . CRLF"].encode()
    with closing(smtplib.SMTP("127.0.0.1", submission.at("all extensions").port)) as client:
        client.ehlo()
        client.mail("ann@example.com")
        client.rcpt("bob@example.com")
        client.docmd("DATA")
        client.send(b"Subject: Hello\r\n\r\n" + hiding + b"\r\n.\r\n")
        mails = submission.wait_for(2)
    assert {"bob@example.com", VICTIM} == {mail.recipient for mail in mails}
