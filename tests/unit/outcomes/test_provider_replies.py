"""What large providers and mail servers really say, from their public documentation and logs."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import pytest
from typing_extensions import override

from app.domain.outcome import ErrorKind
from app.domain.smtp import Phase, RecipientReply, Reply
from app.outcomes import judge
from app.relay.reply import ReplyParser

FILE: Final = Path(__file__).parent / "data" / "provider_replies.txt"
FEWEST: Final = 150


class Known(NamedTuple):
    """One line of the file."""

    phase: Phase
    idle: bool
    reply: Reply
    kind: ErrorKind

    @classmethod
    def read(cls, line: str) -> Known:
        where, said, kind, *_why = (part.strip() for part in line.split("|"))
        phase, _, idle = where.partition(" ")
        (reply,) = ReplyParser().feed(f"{said}\r\n".encode())
        return cls(Phase(phase), idle == "idle", reply, ErrorKind(kind))

    @override
    def __str__(self) -> str:
        return f"{self.phase}{' idle' * self.idle} {self.reply}"[:60]


KNOWN: Final = [
    Known.read(line)
    for line in FILE.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("known", KNOWN, ids=str)
def test_a_known_reply_is_understood(known: Known) -> None:
    reply = RecipientReply("a@example.com", known.phase, known.reply)

    assert known.kind == judge(reply, accepted_lately=not known.idle).kind


def test_nothing_that_a_provider_calls_temporary_kills_a_message() -> None:
    for known in KNOWN:
        reply = RecipientReply("a@example.com", known.phase, known.reply)
        for lately in (True, False):
            verdict = judge(reply, accepted_lately=lately)
            assert known.reply.code >= 500 or not verdict.permanent, known


def test_only_the_recipient_s_own_refusal_suppresses_its_address() -> None:
    for known in KNOWN:
        if judge(RecipientReply("a@example.com", known.phase, known.reply)).suppress:
            assert (Phase.RCPT, ErrorKind.RECIPIENT) == (known.phase, known.kind)


def test_there_are_enough_to_be_worth_something() -> None:
    assert len(KNOWN) == len(set(KNOWN)) >= FEWEST
