"""Recipients and messages that share a connection each meet their own fault, and no other's."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

import pytest

from app.domain.outcome import Attempt
from app.outcomes import Judge, judge
from app.pipeline.handler import utc_now
from tests.contract.mail.fault_table import SILENCES, TABLE
from tests.contract.mail.fault_trial import (
    COMPOSER,
    ROUTES,
    SCHEDULE,
    decided,
    handler_to,
    job_for,
)
from tests.contract.mail.faults import FAULTS, PASSING, VERBS, action_at
from tests.contract.mail.modes import IN_ONE_FLIGHT, MODES, modes_of
from tests.support.relay_rig import relays_to
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import run

if TYPE_CHECKING:
    from app.domain.outcome import ErrorKind
    from app.outcomes import Decision
    from app.relay import Relays

PHASES: Final = {"MAIL", "RCPT", "DATA", "final dot"}
TROUBLED: Final = {
    f"{VERBS.get(phase, phase)}-{number}": (phase, fault, row.kind)
    for row in TABLE
    for phase in row.phases
    for number, fault in enumerate(FAULTS)
    if phase in PHASES and fault in row.faults and fault not in PASSING
}


def troubled_in(mode: str) -> dict[str, tuple[str, str, ErrorKind | None]]:
    """Those who meet their fault there, and as the first table says."""
    return {
        name: case
        for name, case in TROUBLED.items()
        if mode in modes_of(case[0])
        and not (mode == IN_ONE_FLIGHT and case[0] in {"MAIL", "RCPT"} and case[1] in SILENCES)
    }


async def settled(relays: Relays, *names: str, judge: Judge | None = None) -> Decision:
    job = job_for(*names)
    attempt = await handler_to(relays, judge)(job)
    assert isinstance(attempt, Attempt)
    return decided(job, attempt)


def concerns(decision: Decision) -> dict[str, list[str]]:
    """Where the message is written on, and for whom."""
    return {
        letter.topic: json.loads(dict(letter.headers)["mail-recipients"])
        for letter in decision.letters
    }


@pytest.mark.parametrize("mode", MODES)
def test_recipients_of_one_message_part_company_at_rcpt(mode: str) -> None:
    async def main() -> None:
        async with SmtpServer(features=MODES[mode]) as server, relays_to(server) as relays:
            server.for_name("gone", "RCPT", FAULTS["550 5.1.1"])
            server.for_name("later", "RCPT", FAULTS["4xx"])
            decision = await settled(relays, "ann", "gone", "bob", "later")
            assert decision.status == "retrying", "while any of them is"
            assert concerns(decision) == {
                SCHEDULE.topics[0]: ["later@example.com"],
                ROUTES.dead_letters: ["gone@example.com"],
            }
            (mail,) = server.mails
            assert mail.recipients == ["ann@example.com", "bob@example.com"]

    run(main())


@pytest.mark.parametrize("mode", MODES)
def test_the_final_reply_judges_those_alone_who_were_accepted(mode: str) -> None:
    async def main() -> None:
        async with SmtpServer(features=MODES[mode]) as server, relays_to(server) as relays:
            server.for_name("gone", "RCPT", FAULTS["550 5.1.1"])
            server.for_name("ann", "DOT", FAULTS["4xx"])
            assert concerns(await settled(relays, "ann", "gone")) == {
                SCHEDULE.topics[0]: ["ann@example.com"],
                ROUTES.dead_letters: ["gone@example.com"],
            }

    run(main())


@pytest.mark.parametrize("mode", MODES)
def test_who_prefers_loss_to_a_duplicate_gets_a_dead_letter_after_the_last_octet(mode: str) -> None:
    async def main() -> None:
        async with SmtpServer(features=MODES[mode]) as server, relays_to(server) as relays:
            server.for_name("ann", "DOT", FAULTS["close"])
            server.for_name("later", "RCPT", FAULTS["4xx"])
            decision = await settled(
                relays, "ann", "later", "bob", judge=Judge(on_ambiguous="dead")
            )
            assert concerns(decision) == {
                SCHEDULE.topics[0]: ["later@example.com"],
                ROUTES.dead_letters: ["ann@example.com", "bob@example.com"],
            }

    run(main())


@pytest.mark.parametrize("mode", MODES)
def test_messages_side_by_side_each_meet_their_own_fault(mode: str) -> None:
    """On few connections, so that they follow one another there, with good ones among them."""

    async def main() -> None:
        async with (
            SmtpServer(features=MODES[mode]) as server,
            relays_to(server, connections=4) as relays,
        ):
            troubled = troubled_in(mode)
            for name, (phase, fault, _) in troubled.items():
                # Twice, for who meets it on a kept connection may try a fresh one.
                server.for_name(name, VERBS.get(phase, phase), *[action_at(phase, fault)] * 2)
            good = [f"good-{number}" for number in range(len(troubled))]
            mixed = [name for pair in zip(good, troubled, strict=True) for name in pair]
            found = await asyncio.gather(*(kind_of(relays, name) for name in mixed))
            expected = dict.fromkeys(good) | {name: kind for name, (_, _, kind) in troubled.items()}
            assert expected == dict(zip(mixed, found, strict=True))
            taken = [one for mail in server.mails for one in mail.recipients]
            delivered = [f"{name}@example.com" for name, kind in expected.items() if kind is None]
            assert sorted(delivered) == sorted(taken)

    run(main())


async def kind_of(relays: Relays, name: str) -> ErrorKind | None:
    """Judged as an idle relay's: nothing that others made of it counts."""
    job = job_for(name)
    composed = COMPOSER.compose(job.message, job.trail, job.recipients, now=utc_now())
    (reply,) = (await relays.send(composed)).replies
    return judge(reply, accepted_lately=False).kind
