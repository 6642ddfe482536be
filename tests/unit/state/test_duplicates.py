"""What becomes of a message whose id another origin has, had, or is being sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from typing_extensions import override

from app.domain.claim import Claim
from app.domain.job import Hop, MailJob, Trail
from app.domain.message import Address, Message
from app.domain.outcome import ErrorKind, Verdict
from app.domain.record import Origin, Record
from app.state.duplicates import Duplicates
from app.state.own_deliveries import OwnDeliveries
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.state.deliveries import Hold

ANN = Address("ann", "example.com")
BEN = Address("ben", "example.com")
NOW_MS = 1_800_000_000_000


def job(offset: int, *to: Address, epoch: int = 1, id_given: bool = True) -> MailJob:
    """One origin for each offset."""
    recipients = to or (ANN,)
    return MailJob(
        Claim("email-queue", 0, offset, epoch),
        Record("email-queue", 0, offset, NOW_MS, None, b"{}", ()),
        Trail(Origin("email-queue", 0, offset), NOW_MS),
        Message(id="order-17", id_given=id_given, to=recipients, subject="Hi", text="Hi"),
        recipients,
        100,
    )


def screen() -> tuple[Duplicates, OwnDeliveries]:
    deliveries = OwnDeliveries(window_s=60, size=100, clock=lambda: 0.0)
    return Duplicates(deliveries, wait_s=30, clock=lambda: NOW_MS), deliveries


def delivered(*to: Address) -> list[Verdict]:
    return [Verdict(each.spec, None) for each in to]


def test_a_second_origin_is_told_apart_recipient_by_recipient() -> None:
    async def main() -> None:
        duplicates, deliveries = screen()
        first, second = job(1, ANN, BEN), job(2, ANN, BEN)
        assert await duplicates.withhold(first) == {}
        verdicts = [*delivered(ANN), Verdict(BEN.spec, ErrorKind.TEMPORARY)]
        await duplicates.judged(first, verdicts)
        duplicates.over(first)
        found = await duplicates.withhold(second)
        assert not isinstance(found, Hop)
        assert list(found) == [ANN.spec]
        assert found[ANN.spec].kind is ErrorKind.DUPLICATE
        assert found[ANN.spec].permanent
        assert "email-queue/0/1" in found[ANN.spec].detail
        await duplicates.judged(second, delivered(BEN))
        duplicates.over(second)
        # The first one's retry, for whom remains: somebody else was there before.
        (again,) = (await duplicates.withhold(job(1, BEN, epoch=2))).values()  # type: ignore[union-attr]
        assert "email-queue/0/2" in again.detail
        assert deliveries.held == 0

    run(main())


def test_what_is_in_flight_lets_another_origin_wait_in_the_first_tier() -> None:
    async def main() -> None:
        duplicates, _ = screen()
        first, second = job(1), job(2)
        assert await duplicates.withhold(first) == {}
        found = await duplicates.withhold(second)
        assert found == Hop(
            second.claim, second.record, second.trail, second.message, NOW_MS + 30_000
        )
        duplicates.over(second)
        assert isinstance(await duplicates.withhold(second), Hop)

    run(main())


def test_between_attempts_an_id_is_free() -> None:
    async def main() -> None:
        duplicates, deliveries = screen()
        first, second = job(1), job(2)
        await duplicates.withhold(first)
        await duplicates.judged(first, [Verdict(ANN.spec, ErrorKind.TEMPORARY)])
        assert isinstance(await duplicates.withhold(second), Hop)
        duplicates.over(first)
        assert await duplicates.withhold(second) == {}
        duplicates.over(second)
        assert deliveries.held == 0

    run(main())


def test_an_origin_is_no_duplicate_of_itself() -> None:
    async def main() -> None:
        duplicates, _ = screen()
        first = job(1)
        await duplicates.withhold(first)
        await duplicates.judged(first, delivered(ANN))
        duplicates.over(first)
        assert await duplicates.withhold(job(1, epoch=2)) == {}

    run(main())


def test_a_message_whose_producer_named_no_id_is_never_concerned() -> None:
    async def main() -> None:
        duplicates, deliveries = screen()
        for offset in (1, 2):
            nameless = job(offset, id_given=False)
            assert await duplicates.withhold(nameless) == {}
            assert deliveries.held == 0
            await duplicates.judged(nameless, delivered(ANN))
            duplicates.over(nameless)
        assert len(deliveries) == 0

    run(main())


def test_an_attempt_cut_while_it_asks_lets_go_of_what_it_may_have_got() -> None:
    class Slow(OwnDeliveries):
        @override
        async def begin(
            self, hold: Hold, recipients: Sequence[bytes]
        ) -> tuple[str | None, ...] | None:
            found = await super().begin(hold, recipients)
            await asyncio.Event().wait()
            return found

    async def main() -> None:
        deliveries = Slow(window_s=60, size=100, clock=lambda: 0.0)
        duplicates = Duplicates(deliveries, wait_s=30, clock=lambda: NOW_MS)
        asking = asyncio.create_task(duplicates.withhold(job(1)))
        await asyncio.sleep(0)
        assert deliveries.held == 1
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        duplicates.over(job(1))
        assert deliveries.held == 0

    run(main())
