"""The parts of a round, as the settings want them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from app.bootstrap import configs
from app.bootstrap.checkup.contradictions import judge_settings
from app.bootstrap.checkup.domains import judge_domain
from app.bootstrap.checkup.looks.relays import envelope_sender, look_at_relay
from app.bootstrap.checkup.looks.settings import setting_facts
from app.bootstrap.checkup.rounds import Part
from app.bootstrap.checkup.state import judge_state
from app.bootstrap.checkup.templates import judge_templates
from app.domain.finding import Area, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from app.domain.finding import Finding
    from app.settings import Loaded, Settings

KAFKA_AREAS = (Area.BROKERS, Area.RIGHTS, Area.TOPICS, Area.GROUP)


def parts_of(
    loaded: Loaded,
    areas: Collection[Area],
    *,
    seconds: float,
    dns: tuple[str, int] | None,
    now: datetime,
) -> Iterator[Part]:
    """Those of these areas; `seconds` bound each step, `dns`: the name server."""
    settings = loaded.settings
    if Area.SETTINGS in areas:
        yield Part(Area.SETTINGS, "settings", partial(_settings, loaded))
    if any(area in areas for area in KAFKA_AREAS):
        yield Part(Area.BROKERS, "Kafka", partial(_kafka, settings, areas, seconds, now))
    if Area.RELAYS in areas:
        for relay in configs.relay_configs(settings):
            look = partial(look_at_relay, relay, settings, seconds, now)
            yield Part(Area.RELAYS, relay.name, look)
    if Area.DOMAINS in areas and (domain := configs.sender_domain(settings)):
        yield Part(Area.DOMAINS, domain, partial(_domain, settings, domain, dns, seconds))
    if Area.TEMPLATES in areas:
        yield Part(Area.TEMPLATES, "templates", partial(_templates, settings))
    if Area.STATE in areas and settings.state_url is not None:
        url = settings.state_url.get_secret_value()
        yield Part(Area.STATE, "store", partial(_state, url, seconds))


async def _settings(loaded: Loaded) -> list[Finding]:
    return judge_settings(setting_facts(loaded))


async def _kafka(
    settings: Settings, areas: Collection[Area], seconds: float, now: datetime
) -> list[Finding]:
    from app.bootstrap.checkup.looks.kafka import KafkaLook  # noqa: PLC0415  # not for all areas

    found = await KafkaLook(settings, seconds, now).look()
    # Who does not let us in is told whatever was asked for: nothing else is known then.
    return [
        each
        for each in found
        if each.area in areas or (each.area is Area.BROKERS and each.verdict is Verdict.PROBLEM)
    ]


async def _domain(
    settings: Settings, domain: str, dns: tuple[str, int] | None, seconds: float
) -> list[Finding]:
    from app.bootstrap.checkup.looks.domains import Names, domain_facts  # noqa: PLC0415  # as above

    bounce = envelope_sender(settings.email_envelope_from, f"@{domain}").rpartition("@")[2]
    names = Names(dns, seconds)
    return judge_domain(await domain_facts(names, domain, settings.dkim_keys or (), bounce))


async def _templates(settings: Settings) -> list[Finding]:
    from app.bootstrap.checkup.looks.templates import template_facts  # noqa: PLC0415  # as above

    return judge_templates(await asyncio.to_thread(template_facts, settings))


async def _state(url: str, seconds: float) -> list[Finding]:
    from app.bootstrap.checkup.looks.state import state_facts  # noqa: PLC0415  # as above

    return judge_state(await state_facts(url, seconds))
