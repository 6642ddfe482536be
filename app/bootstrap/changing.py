"""Which settings may change while the service runs, and what takes each anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bootstrap import configs
from app.bootstrap.live_settings import Changeable
from app.telemetry import AddressView, configure_logging

if TYPE_CHECKING:
    from app.bootstrap.service import Service
    from app.ops.access import Access
    from app.settings import Settings
    from app.telemetry import MailLog


def changeables(  # noqa: C901 - a table; each of its functions is a line or two
    settings: Settings, service: Service, access: Access, mail_log: MailLog
) -> list[Changeable]:
    """Each with the part of the service that takes it; `settings` are those of the start."""

    async def set_token(settings: Settings) -> None:
        token = settings.ops_token
        access.change(None if token is None else token.get_secret_value())
        access.public = settings.ops_public

    async def set_logging(settings: Settings) -> None:
        mail_log.lines = configure_logging(
            settings.log_level, settings.log_format, addresses=AddressView(settings.log_addresses)
        )

    async def set_schedule(settings: Settings) -> None:
        service.reschedule(configs.schedule(settings))

    async def set_breaker(settings: Settings) -> None:
        service.relays.configure(configs.breaker_config(settings))

    async def set_workers(settings: Settings) -> None:
        await service.pool.resize(settings.email_worker_count)

    async def set_logins(settings: Settings) -> None:
        service.relays.log_in_as(configs.relay_configs(settings))

    async def set_keys(settings: Settings) -> None:
        service.composer.sign_with(settings.dkim_keys or ())

    async def set_nothing(_: Settings) -> None:
        """It is read when it is needed."""

    def not_so_many(settings: Settings) -> str | None:
        least, most = settings.worker_bounds
        if not service.course.steerable:
            return "the service is starting or ending"
        if least < most and not least <= settings.email_worker_count <= most:
            return f"workers scale between {least} and {most}"
        return None

    def other_relays(wanted: Settings) -> str | None:
        if configs.relays_beside_logins(wanted) != configs.relays_beside_logins(settings):
            return "other relays, or the same otherwise than by their logins"
        return None

    def no_new_tier(settings: Settings) -> str | None:
        missing = service.unread_tiers(configs.schedule(settings))
        if not missing:
            return None
        return (
            f"{', '.join(missing)} would have to be made and read, which is done at start; "
            "allowed now: delays whose topics exist"
        )

    return [
        Changeable(frozenset({"email_worker_count"}), set_workers, not_so_many),
        Changeable(frozenset({"retry_delays", "retry_jitter"}), set_schedule, no_new_tier),
        Changeable(frozenset({"smtp_breaker"}), set_breaker),
        Changeable(frozenset({"log_level", "log_format", "log_addresses"}), set_logging),
        Changeable(frozenset({"ops_token", "ops_public"}), set_token),
        Changeable(frozenset({"shutdown_timeout"}), set_nothing),
        Changeable(
            frozenset({"smtp_user", "smtp_password", "smtp_token_file", "smtp_relays"}),
            set_logins,
            other_relays,
            only_reread=True,
        ),
        Changeable(frozenset({"dkim_keys"}), set_keys, only_reread=True),
    ]
