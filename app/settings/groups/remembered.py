"""What is remembered of addresses and of deliveries."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, SecretStr

from app.settings.kinds import Duration, Whole
from app.settings.option import Group, setting
from app.settings.store_url import StoreUrl

YEAR_S = 365 * 86_400


class RememberedSettings(BaseModel):
    model_config = ConfigDict(defer_build=True)

    suppression_ttl: Annotated[float, Duration()] = setting(
        Group.REMEMBERED, "90d", "How long no mail goes to an address that bounced."
    )
    dedup_window: Annotated[float, Duration(above=None, at_most=YEAR_S)] = setting(
        Group.REMEMBERED,
        "0",
        "For how long a second message with an id that was delivered already is a duplicate, and "
        "not sent; 0 is never.",
    )
    dedup_size: Annotated[int, Whole(1, 100_000_000)] = setting(
        Group.REMEMBERED,
        "200000",
        "How many deliveries are remembered in memory, one for each id and recipient; the oldest "
        "go first.",
    )
    state_url: Annotated[SecretStr | None, StoreUrl()] = setting(
        Group.REMEMBERED,
        None,
        "Redis or Valkey that remembers for all instances together, and over restarts; by it they "
        "also keep the rates of relays and domains together.",
        default_means="each instance for itself, in memory",
    )
