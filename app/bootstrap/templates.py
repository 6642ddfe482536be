"""The composer, and what health is told of its templates."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.bootstrap.configs import composer_config
from app.composer import Composer
from app.domain.errors import Fatal

if TYPE_CHECKING:
    from app.domain.vitals import Vitals
    from app.settings import Settings

LOOK_S = 1.0


def new_composer(settings: Settings) -> Composer:
    """Raises `Fatal` for templates and settings that cannot be used."""
    try:
        return Composer(composer_config(settings))
    except ValueError as error:
        raise Fatal(str(error)) from error


async def follow_templates(composer: Composer, vitals: Vitals) -> None:
    """Tell what is broken, also while no mail uses it; until cancelled."""
    while True:
        broken = composer.broken()
        vitals.trouble("; ".join(map(str, broken)) or None)
        await asyncio.sleep(LOOK_S)
