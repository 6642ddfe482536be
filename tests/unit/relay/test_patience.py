"""Each phase has a time of its own, whatever the times of the others are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.domain.smtp import Phase
from tests.support.relay_rig import PATIENT, codes, lost_in, mail, only, relays_to
from tests.support.smtp_actions import Hang, Say
from tests.support.smtp_server import CHUNKING, FEATURES, STEPWISE, SmtpServer

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner

SHORT = 0.1
MANNERS = {"pipelining": FEATURES, "step by step": STEPWISE, "chunking": CHUNKING}
WAITS = [
    ("pipelining", "MAIL", "mail", Phase.MAIL),
    ("pipelining", "RCPT", "rcpt", Phase.RCPT),
    ("pipelining", "DATA", "data", Phase.DATA),
    ("pipelining", "DOT", "dot", Phase.FINAL),
    ("step by step", "MAIL", "mail", Phase.MAIL),
    ("step by step", "RCPT", "rcpt", Phase.RCPT),
    ("step by step", "DATA", "data", Phase.DATA),
    ("step by step", "DOT", "dot", Phase.FINAL),
    ("chunking", "MAIL", "mail", Phase.FINAL),
    ("chunking", "RCPT", "rcpt", Phase.FINAL),
    ("chunking", "DOT", "dot", Phase.FINAL),
]


@pytest.mark.parametrize(("manner", "verb", "name", "phase"), WAITS)
def test_a_phase_ends_when_its_own_time_is_over(
    run: LoopRunner, manner: str, verb: str, name: str, phase: Phase
) -> None:
    """Also after phases that may take longer, on a connection that was used before."""

    async def main() -> None:
        timeouts = replace(PATIENT, **{name: SHORT})
        async with (
            SmtpServer(features=MANNERS[manner]) as server,
            relays_to(server, timeouts=timeouts) as relays,
        ):
            await relays.send(mail())
            server.on(verb, Hang())
            report = await relays.send(mail())
            assert lost_in(report, phase), report
            assert "no answer in time" == only(report).detail

    run(main(), within=5.0)


@pytest.mark.parametrize("manner", MANNERS)
def test_the_time_of_an_earlier_phase_does_not_end_a_later_one(
    run: LoopRunner, manner: str
) -> None:
    async def main() -> None:
        timeouts = replace(PATIENT, mail=SHORT, rcpt=SHORT, data=SHORT, block=SHORT)
        async with (
            SmtpServer(features=MANNERS[manner]) as server,
            relays_to(server, timeouts=timeouts) as relays,
        ):
            later = asyncio.Event()
            server.on("DOT", Say("250 2.0.0 taken", when=later))
            asyncio.get_running_loop().call_later(4 * SHORT, later.set)
            assert [250] == codes(await relays.send(mail()))

    run(main())


def test_a_connection_at_rest_has_no_deadline(run: LoopRunner) -> None:
    async def main() -> None:
        timeouts = replace(PATIENT, mail=SHORT, rcpt=SHORT, data=SHORT, dot=SHORT)
        async with SmtpServer() as server, relays_to(server, timeouts=timeouts) as relays:
            await relays.send(mail())
            await asyncio.sleep(2 * SHORT)  # the rest itself
            await relays.send(mail())
            assert 1 == len(server.sessions)

    run(main())
