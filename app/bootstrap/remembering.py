"""What is remembered about deliveries, as the settings want it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from app.domain.clock import epoch_ms
from app.relay import Timeouts
from app.state.duplicates import Duplicates
from app.state.own_deliveries import OwnDeliveries

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from app.outcomes import Schedule
    from app.pipeline.watchdog import Watchdog
    from app.settings import Settings
    from app.state.deliveries import Deliveries

LEASE_MARGIN_S = 30.0


class Remembering(NamedTuple):
    """The screen against duplicates, what it asks, and the task that watches that, if any."""

    screen: Duplicates
    deliveries: Deliveries
    watch: Callable[[], Coroutine[object, object, None]] | None = None


def remembering(settings: Settings, schedule: Schedule, watchdog: Watchdog) -> Remembering | None:
    """None where deduplication is off; nothing connects before the first mail or the watch.

    Off in a dry run too: what was not sent must not be remembered as delivered.
    """
    if not settings.dedup_window or settings.email_dry_run:
        return None
    first_tier = schedule.tiers[0]
    if settings.state_url is None:
        own = OwnDeliveries(
            window_s=settings.dedup_window, size=settings.dedup_size, clock=time.monotonic
        )
        return Remembering(Duplicates(own, wait_s=first_tier, clock=epoch_ms), own)
    # The client takes time to import and memory to keep.
    from app.state.shared_deliveries import SharedDeliveries  # noqa: PLC0415
    from app.state.shared_store import SharedStore  # noqa: PLC0415

    shared = SharedDeliveries(
        SharedStore(
            settings.state_url.get_secret_value(),
            watchdog.pulse("shared store", mail_flows=True),
            lost="deduplication is not kept",
        ),
        prefix=f"kafka-mailer:{settings.kafka_topic}:{settings.kafka_group_id}",
        window_s=settings.dedup_window,
        lease_s=settings.email_job_timeout
        + Timeouts(**settings.smtp_timeouts).dot
        + LEASE_MARGIN_S,
    )
    return Remembering(Duplicates(shared, wait_s=first_tier, clock=epoch_ms), shared, shared.watch)
