"""What an operator may do to one relay while the service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.smtp import RelayUnavailable
from app.relay import BreakerConfig, RelayStatus
from tests.support.relay_rig import codes, mail, relays_to
from tests.support.smtp_actions import Say
from tests.support.smtp_server import SmtpServer

if TYPE_CHECKING:
    from app.relay import Relays
    from tests.support.relay_rig import LoopRunner

REFUSED = Say("554 5.3.2 not today", leave=True)
LONG = BreakerConfig(failures=1, reset_s=3_600)


def status(relays: Relays) -> RelayStatus:
    return relays.states()[0].status


async def fail(relays: Relays) -> None:
    with pytest.raises(RelayUnavailable, match="not today"):
        await relays.send(mail())


def test_a_paused_relay_is_given_nothing_until_it_is_resumed(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            relays.pause("main")
            since = relays.states()[0].since
            relays.pause("main")
            assert (RelayStatus.PAUSED, since) == (status(relays), relays.states()[0].since)
            assert 0 < relays.ready_in() <= 1, "the pool asks again soon"
            with pytest.raises(RelayUnavailable, match="it is paused"):
                await relays.send(mail())
            assert server.sessions == []
            relays.resume("main")
            assert RelayStatus.CLOSED is status(relays)
            assert [250] == codes(await relays.send(mail()))

    run(main())


def test_a_reset_closes_the_breaker_at_once(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, breaker=LONG) as relays:
            server.always("CONNECT", REFUSED)
            await fail(relays)
            assert RelayStatus.OPEN is status(relays)
            server.never_mind()
            relays.reset("main")
            assert (RelayStatus.CLOSED, 0.0) == (status(relays), relays.ready_in())
            assert [250] == codes(await relays.send(mail()))

    run(main())


def test_a_relay_that_is_still_sick_after_a_reset_is_left_alone_again(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, breaker=LONG) as relays:
            server.always("CONNECT", REFUSED)
            await fail(relays)
            relays.reset("main")
            await fail(relays)
            assert RelayStatus.OPEN is status(relays)

    run(main())


def test_a_reset_does_not_resume(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            relays.pause("main")
            relays.reset("main")
            assert RelayStatus.PAUSED is status(relays)

    run(main())


def test_new_thresholds_count_from_now_on(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.always("CONNECT", REFUSED)
            relays.configure(BreakerConfig(failures=2, reset_s=3_600))
            await fail(relays)
            assert RelayStatus.CLOSED is status(relays)
            await fail(relays)
            assert RelayStatus.OPEN is status(relays)

    run(main())
