"""Looking at topics and changing them, for one command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bootstrap.configs import routes
from app.bootstrap.topic_plan import plan
from app.bootstrap.topic_survey import appeared, carry_out, survey
from app.cli.reaching import reached
from app.kafka import Admin

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bootstrap.topic_plan import Step
    from app.settings import Settings

_IN_DOUBT = "what was not told as done may or may not have been; `topics plan` tells"


async def look(settings: Settings, partitions: int | None, replication: int | None) -> list[Step]:
    """A step for each topic, as they are now."""
    async with reached(settings) as config, Admin(config) as admin:
        return await _steps(admin, settings, partitions, replication)


async def do(
    settings: Settings,
    partitions: int | None,
    replication: int | None,
    done: Callable[[Step], object],
) -> None:
    """Bring the topics to where they shall be, the queue first: the others follow its facts."""
    async with reached(settings, in_doubt=_IN_DOUBT) as config, Admin(config) as admin:
        steps = await _steps(admin, settings, partitions, replication)
        if steps[0].create is not None:
            await carry_out(admin, steps[:1], done)
            await appeared(admin, settings.kafka_topic)
            steps = await _steps(admin, settings, partitions, replication)
        await carry_out(admin, steps, done)


async def _steps(
    admin: Admin, settings: Settings, partitions: int | None, replication: int | None
) -> list[Step]:
    asked = routes(settings)
    existing = await survey(admin, asked)
    return plan(asked, existing, partitions=partitions, replication=replication)
