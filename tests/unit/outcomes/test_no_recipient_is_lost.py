"""Whatever an attempt came to, each recipient is accounted for exactly once."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidMessage
from app.domain.outcome import Attempt, ErrorKind, Status, Verdict
from app.domain.smtp import RelayUnavailable
from app.outcomes import Routes, Schedule, Unsent, decide
from tests.unit.outcomes.builders import NOW, at, header, job, trail

if TYPE_CHECKING:
    from app.domain.job import MailJob
    from app.domain.record import Outgoing

NAMES = ("ann", "bob", "cid", "dan", "eve")
SPECS = tuple(f"{name}@example.com" for name in NAMES)

verdicts = st.builds(
    Verdict,
    address=st.sampled_from((*SPECS, "stranger@example.com")),
    kind=st.none() | st.sampled_from(ErrorKind),
    permanent=st.booleans(),
    detail=st.text(max_size=20),
    delay_s=st.none() | st.floats(0, 3600),
)
endings = st.one_of(
    st.builds(
        Attempt,
        relay=st.just("relay-a"),
        message_id=st.just("<m@x>"),
        verdicts=st.lists(verdicts, max_size=8).map(tuple),
    ),
    st.sampled_from(Unsent),
    st.sampled_from(
        [
            KeyError("x"),
            InvalidMessage("to", "is bad"),
            RelayUnavailable("relay-a", "away", retry_in=5.0),
            RelayUnavailable("relay-a", "credentials", retry_in=900.0, auth=True),
        ]
    ),
)
jobs = st.builds(
    lambda remaining, attempts, last_kind, max_retries, expires_in: job(
        *NAMES,
        past=trail(attempts=attempts, recipients=remaining, last_kind=last_kind),
        max_retries=max_retries,
        expires_at=None if expires_in is None else at(NOW + expires_in),
    ),
    st.none() | st.lists(st.sampled_from(SPECS), min_size=1, unique=True).map(tuple),
    st.integers(0, 8),
    st.none() | st.sampled_from(ErrorKind),
    st.none() | st.integers(0, 9),
    st.none() | st.integers(1, 10**8),
)
routes = st.builds(
    Routes,
    schedule=st.builds(
        Schedule,
        queue=st.just("email-queue"),
        delays=st.lists(st.integers(1, 10_000), min_size=1, max_size=6).map(tuple),
        jitter=st.floats(0, 0.9),
    ),
    dead_letters=st.just("email-dlq"),
    results=st.sampled_from(["email-results", None]),
)


def recipients_of(letter: Outgoing) -> list[str]:
    named = header(letter, "mail-recipients")
    return list(SPECS) if named is None else list(orjson.loads(named))


@given(mail=jobs, ended=endings, to=routes, seed=st.integers())
def test_each_recipient_has_one_fate_and_what_is_not_done_is_written(
    mail: MailJob, ended: Attempt | BaseException | Unsent, to: Routes, seed: int
) -> None:
    decision = decide(mail, ended, to, now_ms=NOW, rng=Random(seed))

    shown = decision.fields["recipients"]
    expected = [address.spec for address in mail.recipients]
    assert expected == [each["address"] for each in shown]

    written = [spec for letter in decision.letters for spec in recipients_of(letter)]
    finished = {Status.DELIVERED} | (
        {Status.EXPIRED, Status.SUPPRESSED, Status.DUPLICATE} if to.results else set()
    )
    unfinished = [each["address"] for each in shown if each["status"] not in finished]
    assert sorted(unfinished) == sorted(written)
    for letter in decision.letters:
        assert letter.value == mail.record.value
        assert letter.key == mail.record.key


@given(mail=jobs, ended=endings, to=routes, seed=st.integers())
def test_the_status_is_retrying_while_any_is_else_delivered_if_any_was_else_dead(
    mail: MailJob, ended: Attempt | BaseException | Unsent, to: Routes, seed: int
) -> None:
    decision = decide(mail, ended, to, now_ms=NOW, rng=Random(seed))

    statuses = {each["status"] for each in decision.fields["recipients"]}
    ranked = [
        status for status in (Status.RETRYING, Status.DELIVERED, Status.DEAD) if status in statuses
    ]
    assert decision.status in (ranked[:1] or statuses)
    assert (decision.status is Status.DELIVERED) == (decision.kind is None)


@given(mail=jobs, ended=endings, to=routes, seed=st.integers())
def test_a_retry_comes_neither_too_early_nor_after_expiry_and_in_an_own_tier(
    mail: MailJob, ended: Attempt | BaseException | Unsent, to: Routes, seed: int
) -> None:
    decision = decide(mail, ended, to, now_ms=NOW, rng=Random(seed))

    retries = [letter for letter in decision.letters if letter.topic != to.dead_letters]
    assert (decision.status is Status.RETRYING) == bool(retries)
    assert (decision.next_attempt_at_ms is not None) == bool(retries)
    for letter in retries:
        due = int(header(letter, "mail-not-before") or 0)
        assert due == decision.next_attempt_at_ms
        assert due > NOW
        assert letter.topic in to.schedule.topics
        expires_at = mail.message.expires_at
        assert expires_at is None or due < expires_at.timestamp() * 1000


@given(mail=jobs, ended=endings, to=routes, seed=st.integers())
def test_attempts_are_bounded_except_where_the_relay_is_to_blame(
    mail: MailJob, ended: Attempt | BaseException | Unsent, to: Routes, seed: int
) -> None:
    decision = decide(mail, ended, to, now_ms=NOW, rng=Random(seed))

    allowed = to.schedule.retries(mail.message.max_retries)
    for letter in decision.letters:
        made = int(header(letter, "mail-attempt") or -1)
        assert mail.trail.attempts <= made <= mail.trail.attempts + 1
        if letter.topic != to.dead_letters:
            assert made <= max(allowed, mail.trail.attempts)
