"""What a real Postfix delivers is what was asked, whichever way it had to be spoken to."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import pytest
import uvloop

from app.domain.outcome import ErrorKind
from app.domain.smtp import RelayUnavailable
from app.outcomes import judge
from app.relay import AuthMethod, Security
from tests.support.asked import ASKED, Seen, composed, seen
from tests.support.relay_rig import LoopRunner, codes, only, relays_to
from tests.support.submission import MODES, PASSWORD, USER, Submission
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from app.domain.smtp import SendReport
    from tests.support.postfix import DeliveredMail

run: Final = LoopRunner(uvloop.new_event_loop)
COMPOSED: Final = {name: composed(name, asked.fields) for name, asked in ASKED.items()}
BY_ID: Final = {each.message_id: name for name, each in COMPOSED.items()}
RECIPIENTS: Final = sum(len(asked.recipients) for asked in ASKED.values())
WAYS: Final = [(mode, security) for mode in MODES for security in ("none", "starttls")]


def settings(submission: Submission, security: str, **more: Any) -> dict[str, Any]:
    return {"security": Security(security), "ca_file": submission.trust.ca_file, **more}


def sent(submission: Submission, service: str, security: str, **more: Any) -> list[SendReport]:
    """Every kind of message, one after the other on one connection."""

    async def main() -> list[SendReport]:
        server, chosen = submission.at(service), settings(submission, security, **more)
        async with relays_to(server, connections=1, **chosen) as relays:
            return [await relays.send(each) for each in COMPOSED.values()]

    return run(main())


def ours(mail: DeliveredMail) -> bytes:
    """The octets as we sent them: without what Postfix put before them, with our line ends."""
    return mail.raw[mail.raw.index(b"\nDate: ") + 1 :].replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("mode", "security"), [*WAYS, ("TLS at once", "tls")], ids=lambda value: value
)
def test_what_was_asked_is_delivered_to_whom_it_was_for(
    submission: Submission, mode: str, security: str
) -> None:
    for report in sent(submission, mode, security):
        assert {250} == set(codes(report))
    recipients = defaultdict(set)
    for mail in submission.wait_for(RECIPIENTS):
        name = BY_ID[mail.message_id]
        asked = ASKED[name]
        recipients[name].add(mail.recipient)
        assert COMPOSED[name].content == ours(mail)
        found = seen(mail.message, asked.seen)
        if name == "a template":
            found = Seen(found.subject, text="…", html="…")
        assert asked.seen == found
        assert b"secret" not in ours(mail)
    assert {name: set(asked.recipients) for name, asked in ASKED.items()} == recipients
    assert RECIPIENTS == submission.count(), "each once"


@pytest.mark.parametrize("mode", MODES)
def test_it_is_spoken_to_in_the_way_that_it_offers(submission: Submission, mode: str) -> None:
    """Postfix refuses who pipelines without being asked to; its log counts the commands."""
    before = len(submission.log)
    sent(submission, mode, "none")
    (said, *_) = wait_until(
        lambda: re.findall(r"disconnect from .* commands=.*", submission.log[before:]),
        "Postfix says how it was spoken to",
    )
    counted = dict(re.findall(r"(\w+)=(\S+)", said))
    transactions = str(len(ASKED) + 1)  # the many recipients take two
    assert transactions == counted["mail"]
    assert "rset" not in counted
    if "bdat" in counted:
        assert "chunking" not in MODES[mode]["smtpd_discard_ehlo_keywords"]
    else:
        assert transactions == counted["data"]


@pytest.mark.parametrize("mode", MODES)
def test_a_recipient_beyond_ascii_needs_smtputf8(submission: Submission, mode: str) -> None:
    mail = composed("utf8", {"to": "jürgen@müller.example", "subject": "Hallo", "text": "Grüße"})

    async def main() -> SendReport:
        async with relays_to(submission.at(mode), security=Security.NONE) as relays:
            return await relays.send(mail)

    report = run(main())
    if mode == "none at all":
        verdict = judge(only(report))
        assert (ErrorKind.CONTENT, True) == (verdict.kind, verdict.permanent)
        assert 0 == submission.count()
    else:
        assert [250] == codes(report)
        (delivered,) = submission.wait_for(1)
        assert "jürgen@xn--mller-kva.example" == delivered.recipient
        assert mail.content == ours(delivered)


@pytest.mark.parametrize("method", [each for each in AuthMethod if each is not AuthMethod.XOAUTH2])
def test_a_password_opens_the_door(submission: Submission, method: AuthMethod) -> None:
    reports = sent(
        submission, "password required", "starttls", user=USER, password=PASSWORD, auth=method
    )
    for report in reports:
        assert {250} == set(codes(report))
    submission.wait_for(RECIPIENTS)
    used = "PLAIN" if method is AuthMethod.AUTO else method.value.upper()
    assert f"sasl_method={used}, sasl_username={USER}" in submission.log


@pytest.mark.parametrize("method", [AuthMethod.PLAIN, AuthMethod.LOGIN, AuthMethod.CRAM_MD5])
def test_a_wrong_password_does_not(submission: Submission, method: AuthMethod) -> None:
    with pytest.raises(RelayUnavailable, match=r"auth: 535 5\.7\.8") as caught:
        sent(submission, "password required", "starttls", user=USER, password="no", auth=method)
    assert caught.value.auth


def test_a_password_is_not_offered_to_who_wants_it_in_the_clear(submission: Submission) -> None:
    with pytest.raises(RelayUnavailable, match="no AUTH mechanism") as caught:
        sent(submission, "password required", "none", user=USER, password=PASSWORD)
    assert caught.value.auth


@pytest.mark.parametrize(
    ("service", "said"), [("password required", "Access denied"), ("TLS required", "STARTTLS")]
)
def test_who_does_not_do_what_is_required_is_the_operators_matter(
    submission: Submission, service: str, said: str
) -> None:
    async def main() -> SendReport:
        async with relays_to(submission.at(service), security=Security.NONE) as relays:
            return await relays.send(COMPOSED["text"])

    reply = only(run(main()))
    assert said in str(reply.reply)
    assert ErrorKind.RELAY_AUTH is judge(reply, accepted_lately=False).kind
    assert 0 == submission.count()
