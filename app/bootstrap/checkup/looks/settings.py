"""The settings as the judge of contradictions takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bootstrap import configs
from app.bootstrap.checkup.contradictions import SettingFacts
from app.bootstrap.memory import memory_limit, most_that_fits
from app.bootstrap.staging import staging_settings

if TYPE_CHECKING:
    from app.settings import Loaded


def setting_facts(loaded: Loaded) -> SettingFacts:
    """Reads the control group's memory limit, and nothing else."""
    settings = loaded.settings
    limit = memory_limit() if "email_max_memory" in settings.model_fields_set else None
    return SettingFacts(
        workers=settings.worker_bounds[1],
        connections=sum(each.connections for each in configs.relay_configs(settings)),
        drain_s=settings.kafka_drain_timeout,
        rebalance_s=configs.group_times(settings).rebalance_s,
        shutdown_s=settings.shutdown_timeout,
        attempt_s=settings.email_job_timeout,
        sender=settings.email_from is not None,
        memory=settings.email_max_memory,
        first_retry_s=settings.retry_delays[0],
        ttl=tuple((settings.email_ttl or {}).items()),
        staging=tuple((name, what) for name, _, what in staging_settings(settings)),
        memory_limit=limit,
        memory_fits=0 if limit is None else most_that_fits(settings, limit),
        notices=loaded.notices,
        given=len(loaded.given),
    )
