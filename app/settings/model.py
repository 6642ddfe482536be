"""Every setting of the service: the fields of `groups`, put together.

Flags, `.env.example` and the reference are made from this model. Defaults are written as a user
would write them.
"""

from __future__ import annotations

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from app.settings.groups.kafka import KafkaSettings
from app.settings.groups.mail import MailSettings
from app.settings.groups.operations import OperationsSettings
from app.settings.groups.relay import RelaySettings
from app.settings.groups.remembered import RememberedSettings
from app.settings.groups.workers import WorkerSettings


class Settings(  # the fields of the last base come first, in help and reference too
    OperationsSettings,
    RememberedSettings,
    RelaySettings,
    MailSettings,
    WorkerSettings,
    KafkaSettings,
    BaseSettings,
):
    """Effective values: times in seconds, sizes in bytes, None where nothing is set.

    Made by `load`, which knows the sources; constructing it reads no source at all.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        hide_input_in_errors=True,
        enable_decoding=False,
        defer_build=True,
    )

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`load` gathers the sources itself, for it tells where each value is from."""
        return (init_settings,)

    @property
    def worker_bounds(self) -> tuple[int, int]:
        """Fewest and most workers; equal in a pool of fixed size."""
        count = self.email_worker_count
        return (
            count if self.email_workers_min is None else self.email_workers_min,
            count if self.email_workers_max is None else self.email_workers_max,
        )
