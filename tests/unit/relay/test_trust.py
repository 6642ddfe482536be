"""Whom we take for the relay, and whose words for its words."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from app.domain.smtp import RelayUnavailable
from app.relay import Security
from tests.support.relay_rig import (
    QUICK,
    LoopRunner,
    Trust,
    codes,
    mail,
    relays_to,
    relays_with_login,
)
from tests.support.smtp_actions import Leave, Say, Then
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.smtp_session import Session

SECURITIES: Final = [Security.STARTTLS, Security.TLS]
LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
FALSE: Final[dict[str, tuple[Callable[[Trust, Trust], ssl.SSLContext], str]]] = {
    "another's name": (
        lambda trust, _: trust.server_context("other.example"),
        "certificate: IP address mismatch",
    ),
    "a name where an address is asked for": (
        lambda trust, _: trust.server_context("localhost"),
        "certificate: IP address mismatch",
    ),
    "expired": (
        lambda trust, _: trust.server_context(until=LONG_AGO),
        "certificate: certificate has expired",
    ),
    "issued by somebody else": (
        lambda _, stranger: stranger.server_context(),
        "certificate: unable to get local issuer certificate",
    ),
}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    """An authority that nobody here trusts."""
    return Trust(tmp_path_factory.mktemp("stranger"))


@pytest.mark.parametrize("security", SECURITIES)
@pytest.mark.parametrize("false", FALSE)
def test_a_certificate_that_proves_nothing_ends_the_connection_and_says_why(
    run: LoopRunner, trust: Trust, stranger: Trust, false: str, security: Security
) -> None:
    async def main() -> None:
        make, why = FALSE[false]
        async with (
            SmtpServer(
                tls=make(trust, stranger),
                implicit_tls=security is Security.TLS,
                users={"me": "secret"},
            ) as server,
            relays_to(
                server, security=security, ca_file=trust.ca_file, user="me", password="secret"
            ) as relays,
        ):
            with pytest.raises(RelayUnavailable, match=f"starttls: {why}") as caught:
                await relays.send(mail())
            assert not caught.value.auth
            assert "AUTH" not in server.verbs
            state = relays.states()[0]
            assert state.last_error is not None
            assert why in state.last_error, "an operator sees it"

    run(main())


@pytest.mark.parametrize("security", SECURITIES)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_from_1_2_on_is_spoken(
    run: LoopRunner, trust: Trust, version: ssl.TLSVersion, security: Security
) -> None:
    async def main() -> None:
        context = trust.server_context()
        context.minimum_version = context.maximum_version = version
        async with (
            SmtpServer(tls=context, implicit_tls=security is Security.TLS) as server,
            relays_to(server, security=security, ca_file=trust.ca_file) as relays,
        ):
            assert [250] == codes(await relays.send(mail()))

    run(main())


def test_who_speaks_plainly_where_tls_is_due_is_told_nothing(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        async with (
            SmtpServer(users={"me": "secret"}) as server,
            relays_to(
                server, security=Security.TLS, ca_file=trust.ca_file, user="me", password="secret"
            ) as relays,
        ):
            with pytest.raises(RelayUnavailable, match="starttls: TLS: "):
                await relays.send(mail())
            assert not any("AUTH" in command for command in server.commands)

    run(main())


CAPABILITIES: Final = b"250-evil.example\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n"


CONVERSATION: Final = b"235 welcome\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n"
INJECTED: Final = [
    b"250 ok\r\n", b"220 go ahead\r\n", b"\r\n", CAPABILITIES, CAPABILITIES + CONVERSATION,
]  # fmt: skip
BEFORE: Final = {
    "CONNECT": b"220 hello\r\n",
    "EHLO": b"250-test\r\n250 STARTTLS\r\n",
    "STARTTLS": b"220 go ahead\r\n",
}
HALF: Final = b"250-half a rep"


@pytest.mark.parametrize(
    ("verb", "injected"),
    [
        *((verb, words) for verb in BEFORE for words in INJECTED),
        # After the greeting it would be taken for the beginning of EHLO's reply, and forgotten.
        ("EHLO", HALF),
        ("STARTTLS", HALF),
    ],
)
def test_words_put_in_before_tls_is_agreed_on_are_believed_by_nobody(
    run: LoopRunner, trust: Trust, verb: str, injected: bytes
) -> None:
    """The CVE-2011-0411 class: they would be read as if they had come through TLS."""

    async def main() -> None:
        async with relays_with_login(trust, timeouts=QUICK) as (server, relays):
            server.on(verb, Say(BEFORE[verb] + injected))
            with pytest.raises(RelayUnavailable) as caught:
                await relays.send(mail())
            assert not caught.value.auth
            assert {"EHLO", "STARTTLS"} >= set(server.verbs)
            assert not server.sessions[0].tls
            await until(lambda: not server.open, "the connection is closed")

    run(main())


def test_words_that_come_while_tls_is_agreed_on_break_the_connection(
    run: LoopRunner, trust: Trust
) -> None:
    async def main() -> None:
        async with (
            SmtpServer(tls=trust.server_context()) as server,
            relays_to(server, security=Security.STARTTLS, ca_file=trust.ca_file) as relays,
        ):
            server.on("STARTTLS", Then(Say("220 go ahead"), AfterHello(CAPABILITIES)))
            with pytest.raises(RelayUnavailable, match="starttls: TLS: "):
                await relays.send(mail())
            assert ["EHLO", "STARTTLS"] == server.verbs

    run(main())


@dataclass(frozen=True)
class AfterHello:
    """Wait for the first of the handshake, then say something in the clear."""

    words: bytes

    async def perform(self, session: Session) -> None:
        await session.reader.read(1)
        await session.write(self.words)


def test_certificates_are_read_again_and_stay_as_they_were_where_they_cannot_be_used(
    run: LoopRunner, trust: Trust, stranger: Trust, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(stranger.ca_file.read_bytes())

    async def main() -> None:
        async with (
            SmtpServer(tls=trust.server_context()) as server,
            relays_to(server, security=Security.STARTTLS, ca_file=file) as relays,
        ):
            with pytest.raises(RelayUnavailable):
                await relays.send(mail())
            for content in (trust.ca_file.read_bytes(), b"nothing"):
                file.write_bytes(content)
                await relays.reread_certificates()
                server.never_mind()
                server.on("DOT", Leave())
                await relays.send(mail())

    run(main())
    assert "SMTP_CA_FILE" in caplog.text
    assert "the files as they were stay in use" in caplog.text
