"""What an operator has of the running service: HTTP, and SIGHUP."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

from app.bootstrap.changing import changeables
from app.bootstrap.letters_desk import ServiceLetters
from app.bootstrap.live_settings import LiveSettings
from app.bootstrap.memory import memory_limit
from app.bootstrap.operations_table import Desks, operations_at
from app.bootstrap.register_desk import ServiceRegister
from app.bootstrap.relays_desk import ServiceRelays
from app.bootstrap.service_metrics import ServiceMetrics
from app.bootstrap.vital_signs import VitalSigns
from app.ops.access import Access
from app.ops.application import create_app
from app.ops.aside import Aside
from app.ops.broadcast import Broadcast
from app.ops.glance import glancing
from app.ops.previews import Previews
from app.ops.problems import Problem
from app.ops.server import OpsServer
from app.ops.work import Desk
from app.settings import InvalidSettings
from app.telemetry import AddressView, get_audit_logger
from app.telemetry.scrape import Scrape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.bootstrap.service import Service
    from app.settings import Loaded, Settings
    from app.telemetry import MailLog

log = logging.getLogger("app")


class Operations:
    """Between `start` and `stop` an operator is answered."""

    def __init__(
        self, loaded: Loaded, flags: Mapping[str, str], service: Service, mail_log: MailLog
    ) -> None:
        settings = loaded.settings
        token = settings.ops_token
        access = Access(
            None if token is None else token.get_secret_value(), public=settings.ops_public
        )
        self._live = LiveSettings(loaded, flags, changeables(settings, service, access, mail_log))
        self._rereading: set[asyncio.Task[None]] = set()
        self._reload = service.reload
        self._aside = Aside()
        desk = Desk()
        instance = settings.kafka_instance_id or socket.gethostname()
        previews = Previews()
        watch = VitalSigns(service, instance, self._view)
        ServiceMetrics(service, watch, memory_limit())
        self._broadcast = Broadcast(glancing(watch))
        letters = ServiceLetters(settings, self._aside, desk, self._scrub)
        self._server = OpsServer(
            settings.ops_host,
            settings.ops_port,
            create_app(
                watch,
                Scrape(service.metrics),
                access,
                operations_at(
                    Desks(
                        helm=service.course,
                        settings=self._live,
                        relays=ServiceRelays(service.relays),
                        letters=letters,
                        previews=previews,
                        work=desk,
                        register=ServiceRegister(settings, self._aside),
                        broadcast=self._broadcast,
                    )
                ),
            ),
        )

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._live.settings

    async def start(self) -> None:
        """Answer from now on; `Fatal` when the port cannot be had."""
        await self._server.start()

    async def stop(self) -> None:
        """Within a few seconds, whatever clients do."""
        await self._broadcast.stop()
        await self._server.stop()
        await self._aside.stop()

    def _view(self) -> AddressView:
        return AddressView(self.settings.log_addresses)

    def _scrub(self, text: str) -> str:
        return self._view().scrub(text)

    def reread(self) -> None:
        """Read the settings' sources again, and take what may change while running."""
        task = asyncio.create_task(self._reread(), name="rereading")
        self._rereading.add(task)
        task.add_done_callback(self._rereading.discard)

    async def _reread(self) -> None:
        await self._reload()
        try:
            changed, waiting = await self._live.reread()
        except InvalidSettings as error:
            log.error("SIGHUP: %s; nothing was changed", error)  # noqa: TRY400 - the text says it all
            return
        except Problem as problem:
            log.error("SIGHUP: %s; nothing was changed", problem.detail)  # noqa: TRY400 - as above
            return
        for each in changed:
            get_audit_logger("admin").info(
                "admin.settings",
                who="SIGHUP",
                variable=each.variable,
                **{"from": each.before, "to": each.after},
            )
        if waiting:
            log.warning("SIGHUP: takes effect at the next start only: %s", ", ".join(waiting))
        log.info("SIGHUP: settings read again, %d changed", len(changed))
