"""From what was measured to figures, and to what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.cli.bench.advice import advise
from app.cli.bench.facts import Facts
from app.cli.bench.figures import (
    Figures,
    Latency,
    Load,
    delivered,
    outcomes,
    processing_s,
    relay_share,
    spent,
)
from app.cli.bench.latency import percentiles

if TYPE_CHECKING:
    from app.cli.bench.order import Order
    from app.cli.bench.run import Measured
    from app.settings import Settings

_MIB: Final = 1 << 20
_WORKERS: Final = "EMAIL_WORKER_COUNT"
_WORKERS_MAX: Final = "EMAIL_WORKERS_MAX"


def evaluate(
    settings: Settings,
    order: Order,
    measured: Measured,
    own_partitions: int | None,
    *,
    kafka: str,
    relay: str,
) -> Figures:
    """What was measured with these settings; `own_partitions` are those of the user's queue."""
    growth, now = measured.full.growth, measured.full.growth.after
    load = Load(
        outcomes(growth),
        growth.seconds,
        growth.of("process_cpu_seconds_total"),
        now.sum("process_resident_memory_bytes") / _MIB,
        measured.full.machine,
    )
    workers = round(now.sum("mailer_pool_workers"))
    busy = growth.of("mailer_pool_processing_seconds_sum") / (workers * growth.seconds)
    spent_full = spent(growth)
    share, unaccounted = relay_share(spent_full)
    steady = _latency(measured)
    well, all_of_it = delivered(measured.whole), outcomes(measured.whole)
    facts = Facts(
        per_second=load.per_second,
        seconds=load.seconds,
        workers=workers,
        busy=min(1.0, busy),
        alone_s=processing_s(measured.steady.growth),
        processing_s=processing_s(growth),
        relay=share,
        unaccounted=unaccounted,
        cpu=load.cpu,
        machine=load.machine,
        buffer=settings.email_worker_buffer,
        full=growth.of("mailer_intake_paused_seconds_total", reader="queue") / growth.seconds,
        memory=now.sum("mailer_pool_bytes") / settings.email_max_memory,
        rate=_rate(settings, order, now.by("mailer_relay_limit", "relay")),
        limited=round(measured.whole.of("mailer_relay_limited_total")),
        delivered=well,
        others=all_of_it - well,
        reason=measured.ends.reason,
        connections_most=round(now.sum("mailer_relay_connections_most")),
        opened=round(measured.whole.of("mailer_relay_connections_opened_total")),
        own_partitions=own_partitions,
        to_relay=order.to_relay,
        workers_setting=_WORKERS if settings.email_workers_max is None else _WORKERS_MAX,
    )
    return Figures(
        kafka=kafka,
        relay=relay,
        workers=workers,
        busy=facts.busy,
        steady=steady,
        full=load,
        spent_steady=spent(measured.steady.growth, steady.mean_ms if steady else None),
        spent_full=spent_full,
        advice=advise(facts),
        delivered=well,
        failed=dict(measured.ends.others),
    )


def _latency(measured: Measured) -> Latency | None:
    """None when not one of these mails was delivered."""
    at_ms = measured.ends.at_ms
    took = [
        float(at_ms[mail_id] - produced)
        for mail_id, produced in measured.steady.produced_ms.items()
        if mail_id in at_ms
    ]
    if not took:
        return None
    return Latency(measured.steady.rate, len(took), percentiles(took), sum(took) / len(took))


def _rate(settings: Settings, order: Order, limits: dict[str, float]) -> tuple[str, float] | None:
    """The lowest rate that all mail of the run was under."""
    found = []
    if settings.smtp_rate is not None:
        found.append(("SMTP_RATE", settings.smtp_rate))
    if order.to_relay and limits:
        found.append(("rate= in SMTP_RELAYS", sum(limits.values())))
    rates = settings.smtp_domain_rates or {}
    domains = {each.rpartition("@")[2].lower() for each in order.recipients} or {"example.net"}
    if len(domains) == 1 and (rate := rates.get(domains.pop(), rates.get("*"))):
        found.append(("SMTP_DOMAIN_RATES", rate))
    return min(found, key=lambda each: each[1], default=None)
