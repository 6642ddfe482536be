"""Rates that all instances keep together, each a part of it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from app.flow import Use, part_of

if TYPE_CHECKING:
    from app.flow import SharedRate
    from app.pipeline.pacing import Pacing
    from app.pipeline.watchdog import Watchdog
    from app.relay import Relays
    from app.settings import Settings
    from app.state.shared_rates import SharedRates

_EVERY_S: Final = 1.0


class Sharing:
    """Once a second tells what this instance uses, and takes the part that this leaves it.

    While the store is away the last parts hold: mail flows.
    """

    def __init__(self, rates: SharedRates, relays: Relays, pacing: Pacing) -> None:
        self._rates = rates
        self._relays = relays
        self._pacing = pacing

    async def run(self) -> None:
        """Until cancelled."""
        from app.state.shared_store import StoreAway  # noqa: PLC0415 - its client is slow to import

        try:
            while True:
                with contextlib.suppress(StoreAway):  # the last parts hold
                    await self.exchange()
                await asyncio.sleep(_EVERY_S)
        finally:
            await self._rates.close()

    async def exchange(self) -> None:
        """Raises `StoreAway`."""
        shared = self._shared()
        uses = {name: rate.use() for name, rate in shared.items()}
        told = {name: f"{use.rate:.3f} {int(use.waited)}" for name, use in uses.items()}
        for name, others in (await self._rates.exchange(told)).items():
            rate = shared[name]
            rate.have(part_of(rate.whole, uses[name], [_read(each) for each in others]))

    def _shared(self) -> dict[str, SharedRate]:
        return {
            **{f"relay:{name}": rate for name, rate in self._relays.configured_rates().items()},
            **{f"domain:{name}": rate for name, rate in self._pacing.domain_rates().items()},
        }


def sharing(
    settings: Settings, relays: Relays, pacing: Pacing, watchdog: Watchdog
) -> Sharing | None:
    """None where there is no store, or no rate to share; nothing connects before `run`."""
    if settings.state_url is None or not (relays.configured_rates() or settings.smtp_domain_rates):
        return None
    from app.state.shared_rates import SharedRates  # noqa: PLC0415 - as above
    from app.state.shared_store import SharedStore  # noqa: PLC0415

    store = SharedStore(
        settings.state_url.get_secret_value(),
        watchdog.pulse("shared rates", mail_flows=True),
        lost="rates are not shared",
    )
    prefix = f"kafka-mailer:{settings.kafka_topic}:{settings.kafka_group_id}"
    return Sharing(SharedRates(store, prefix=prefix, instance=uuid4().hex), relays, pacing)


def _read(text: str) -> Use:
    rate, _, waited = text.partition(" ")
    return Use(float(rate), waited == "1")
