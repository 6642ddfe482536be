"""What an observer hears of a relay; the metrics are one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

import pytest
from prometheus_client import CollectorRegistry

from app.domain.outcome import ErrorKind
from app.domain.smtp import RelayUnavailable
from app.relay import Relays, Security
from app.telemetry import Metrics, RelayMetrics
from tests.support.relay_rig import mail, relay_config
from tests.support.smtp_actions import Hang, Leave, Say
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from typing import Any

    from tests.support.relay_rig import LoopRunner, Trust

OPENING = ("connect", "greeting", "ehlo")
SENDING = ("mail", "rcpt", "data", "body", "final")


class Watched:
    """`relays`, started, whose name is `main`, and what scrapes show of them."""

    def __init__(self, server: SmtpServer, **settings: Any) -> None:
        metrics = Metrics()
        self._registry = CollectorRegistry()
        self._registry.register(metrics)
        self.relays = Relays([relay_config(server, **settings)], observers=RelayMetrics(metrics).of)

    async def __aenter__(self) -> Self:
        await self.relays.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.relays.close()

    def count(self, name: str, **labels: str) -> float | None:
        found = {"relay": "main", **labels}
        return self._registry.get_sample_value(f"mailer_{name}", found)

    def phases(self) -> set[str]:
        return {
            sample.labels["phase"]
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name == "mailer_relay_phase_seconds_count"
        }


def test_each_phase_of_a_message_is_timed_once(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, Watched(server) as watched:
            for _ in range(3):
                await watched.relays.send(mail())
            assert {*OPENING, *SENDING} == watched.phases()
            assert watched.count("relay_connections_opened_total") == 1
            assert watched.count("relay_tls_handshakes_total") == 0
            assert [1.0] * 3 == [
                watched.count("relay_phase_seconds_count", phase=p) for p in OPENING
            ]
            assert [3.0] * 5 == [
                watched.count("relay_phase_seconds_count", phase=p) for p in SENDING
            ]

    run(main())


def test_tls_and_a_login_are_phases_and_a_handshake(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        users = {"ann": "secret"}
        settings = {"security": Security.STARTTLS, "ca_file": trust.ca_file}
        settings |= {"user": "ann", "password": "secret"}
        async with (
            SmtpServer(tls=trust.server_context(), users=users) as server,
            Watched(server, **settings) as watched,
        ):
            await watched.relays.send(mail())
            assert {"starttls", "auth"} <= watched.phases()
            assert watched.count("relay_tls_handshakes_total") == 1

    run(main())


def test_the_phase_in_which_it_ended_is_timed_too(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer().on("DOT", Leave()) as server, Watched(server) as watched:
            await watched.relays.send(mail())
            assert watched.count("relay_phase_seconds_count", phase="final") == 1

    run(main())


def test_a_message_that_is_cut_has_the_phases_it_came_to(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer().on("DATA", Hang()) as server, Watched(server) as watched:
            sending = asyncio.create_task(watched.relays.send(mail()))
            await until(lambda: "DATA" in server.verbs, "DATA is said")
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert {*OPENING, "mail"} <= watched.phases()

    run(main())


def test_a_refused_message_has_no_phases_after_the_refusal(run: LoopRunner) -> None:
    async def main() -> None:
        refusal = Say("550 5.1.1 unknown")
        async with SmtpServer().on("RCPT", refusal) as server, Watched(server) as watched:
            await watched.relays.send(mail())
            assert {*OPENING, "mail", "rcpt"} == watched.phases()

    run(main())


def test_what_keeps_us_from_sending_is_told_apart_from_what_keeps_us_out(run: LoopRunner) -> None:
    async def main() -> None:
        server = SmtpServer().on("CONNECT", Say("554 no", leave=True))
        async with server, Watched(server) as watched:
            with pytest.raises(RelayUnavailable):
                await watched.relays.send(mail())
            assert watched.count("relay_trouble_total", reason="connection") == 1
            assert watched.count("relay_trouble_total", reason="auth") == 0
            watched.relays.feedback("main", ErrorKind.RELAY_AUTH)
            assert watched.count("relay_trouble_total", reason="auth") == 1

    run(main())
