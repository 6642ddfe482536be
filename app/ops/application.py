"""Everything that is served, in one table."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import orjson

from app.ops.openapi import describe
from app.ops.operation import Call, Operation, Reply
from app.ops.seeing import seeing
from app.ops.serving import serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp

    from app.ops.access import Access
    from app.ops.seeing import Sight
    from app.telemetry.scrape import Scrape


def create_app(
    sight: Sight,
    scrape: Scrape,
    access: Access,
    changing: Sequence[Operation] = (),
) -> ASGIApp:
    """Serves what there is to see, what changes anything, and its own description."""
    return serving(described([*seeing(sight, scrape), *changing], sight), access)


def described(operations: list[Operation], sight: Sight) -> list[Operation]:
    """These, and the one that tells of them."""
    made: list[bytes] = []

    async def description(_: Call) -> Reply:
        if not made:
            # It takes a while, once.
            told = [each for each in operations if each.described]
            make = partial(describe, told, sight.identity.version)
            made.append(orjson.dumps(await asyncio.to_thread(make)))
        return Reply(made[0])

    operations.append(
        Operation(
            method="GET",
            path="/openapi.json",
            name="openapi",
            about="This description.",
            handle=description,
            answers={200: None},
        )
    )
    return operations
