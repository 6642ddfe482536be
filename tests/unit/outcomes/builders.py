"""Messages on their way, as the tests of outcomes need them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from app.domain.claim import Claim
from app.domain.job import MailJob, Trail
from app.domain.message import Address, Message
from app.domain.outcome import Attempt, ErrorKind, Verdict, Withheld
from app.domain.record import Origin, Record
from app.domain.smtp import Phase, RecipientReply, Reply
from app.outcomes import Decision, Routes, Schedule, decide, judge

if TYPE_CHECKING:
    from app.domain.record import Headers, Outgoing
    from app.outcomes import Unsent

NOW = 1_767_225_600_000
"""2026-01-01T00:00:00Z in epoch milliseconds."""

QUEUE = "email-queue"
ORIGIN = Origin(QUEUE, 3, 41)
SCHEDULE = Schedule(QUEUE, jitter=0)
ROUTES = Routes(SCHEDULE, dead_letters="email-dlq", results="email-results")
NO_RESULTS = replace(ROUTES, results=None)


def at(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def record(*, headers: Headers = (), value: bytes | None = b'{"id": "m-1"}') -> Record:
    return Record(QUEUE, 3, 41, NOW - 500, b"key", value, headers)


def trail(**changes: Any) -> Trail:
    return replace(Trail(ORIGIN, first_seen_ms=NOW - 500), **changes)


def message(*names: str, **changes: Any) -> Message:
    to = tuple(Address(name, "example.com") for name in names or ("ann",))
    return replace(Message(id="m-1", to=to, type="receipt"), **changes)


def job(
    *names: str, past: Trail | None = None, headers: Headers = (), **of_the_message: Any
) -> MailJob:
    """To these names at example.com, of whom the trail may leave only some."""
    past = past or trail()
    mail = message(*names, **of_the_message)
    remaining = tuple(
        address
        for address in mail.recipients
        if past.recipients is None or address.spec in past.recipients
    )
    return MailJob(
        Claim(QUEUE, 3, 41, epoch=1), record(headers=headers), past, mail, remaining, size=100
    )


def said(
    name: str, code: int, enhanced: str | None = None, text: str = "", phase: Phase = Phase.RCPT
) -> Verdict:
    """The verdict on name@example.com, judged from a reply."""
    return judge(RecipientReply(f"{name}@example.com", phase, Reply(code, enhanced, text)))


def accepted(name: str) -> Verdict:
    return said(name, 250, "2.0.0", "Ok: queued as 4Xyz", Phase.FINAL)


def deferred(name: str) -> Verdict:
    return said(name, 451, "4.3.0", "try later")


def refused(name: str) -> Verdict:
    return said(name, 550, "5.1.1", "no such user")


def unlike(name: str, kind: ErrorKind, **changes: Any) -> Verdict:
    return replace(Verdict(f"{name}@example.com", kind), **changes)


def attempt(*verdicts: Verdict) -> Attempt:
    return Attempt("relay-a", "<abc@example.com>", verdicts, relay_id="4Xyz", send_s=0.25)


def decided(
    mail: MailJob, ended: Attempt | Withheld | BaseException | Unsent, routes: Routes = ROUTES
) -> Decision:
    return decide(mail, ended, routes, now_ms=NOW, rng=Random(7), queued_s=0.5)


def result_of(decision: Decision) -> dict[str, Any]:
    assert decision.result is not None
    assert decision.result.value is not None
    result: dict[str, Any] = orjson.loads(decision.result.value)
    return result


def header(letter: Outgoing, name: str) -> str | None:
    """Our header of that name; the test fails when it is there twice."""
    found = [value.decode() for key, value in letter.headers if key == name]
    assert len(found) <= 1
    return found[0] if found else None


def fates(decision: Decision) -> dict[str, str]:
    """Each recipient's name and the status that the result gives it."""
    return {
        each["address"].partition("@")[0]: str(each["status"])
        for each in decision.fields["recipients"]
    }


def judged(phase: Phase, reply: str, *, accepted_lately: bool = True) -> Verdict:
    """Judge a reply written as a relay writes it."""
    match = re.fullmatch(r"(\d{3})(?: (\d\.\d+\.\d+))?(?: (.*))?", reply)
    assert match is not None
    parsed = Reply(int(match[1]), match[2], match[3] or "")
    return judge(RecipientReply("a@example.com", phase, parsed), accepted_lately=accepted_lately)
