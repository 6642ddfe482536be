"""Who may be spoken to, and how; who may be told the password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.errors import Fatal
from app.domain.smtp import RelayUnavailable
from app.relay import AuthMethod, RelayConfig, Relays, Security
from app.relay.opening import choose_security
from tests.support.relay_rig import codes, mail, relays_to
from tests.support.smtp_actions import Say
from tests.support.smtp_server import SmtpServer

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from tests.support.relay_rig import LoopRunner, Trust


@pytest.mark.parametrize(
    ("port", "loopback", "expected"),
    [
        (465, True, Security.TLS),
        (465, False, Security.TLS),
        (587, True, Security.NONE),
        (25, True, Security.NONE),
        (587, False, Security.STARTTLS),
        (25, False, Security.STARTTLS),
    ],
)
def test_auto_goes_by_port_then_by_peer(port: int, loopback: bool, expected: Security) -> None:
    config = RelayConfig(host="mail.example", port=port)
    assert expected is choose_security(config, loopback=loopback)


@pytest.mark.parametrize("security", [Security.NONE, Security.STARTTLS, Security.TLS])
def test_what_is_set_is_done(security: Security) -> None:
    config = RelayConfig(host="mail.example", port=465, security=security)
    assert security is choose_security(config, loopback=True)


def test_starttls_that_is_not_offered_is_never_done_without(run: LoopRunner) -> None:
    async def main() -> None:
        async with (
            SmtpServer() as server,
            relays_to(server, security=Security.STARTTLS) as relays,
        ):
            with pytest.raises(RelayUnavailable, match="STARTTLS is required and not offered"):
                await relays.send(mail())
            assert ["EHLO"] == server.verbs

    run(main())


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_that_nobody_we_trust_issued_is_refused(
    run: LoopRunner, trust: Trust, security: Security
) -> None:
    async def main() -> None:
        implicit = security is Security.TLS
        async with (
            SmtpServer(tls=trust.server_context(), implicit_tls=implicit) as server,
            relays_to(server, security=security, ca_file=None) as relays,
        ):
            with pytest.raises(RelayUnavailable, match="certificate: ") as caught:
                await relays.send(mail())
            assert not caught.value.auth
            assert "MAIL" not in server.verbs

    run(main())


def test_tls_below_1_2_is_refused(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        old: ssl.SSLContext = trust.old_context()
        async with (
            SmtpServer(tls=old) as server,
            relays_to(server, security=Security.STARTTLS, ca_file=trust.ca_file) as relays,
        ):
            with pytest.raises(RelayUnavailable, match="starttls: "):
                await relays.send(mail())
            assert not server.sessions[0].tls

    run(main())


def test_a_client_certificate_is_shown_where_one_is_wanted(
    run: LoopRunner, trust: Trust, tmp_path: Path
) -> None:
    async def main() -> None:
        cert_file, key_file = trust.client_files(tmp_path)
        wanting = trust.server_context()
        trust.want_client_certificate(wanting)
        async with SmtpServer(tls=wanting) as server:
            async with relays_to(
                server,
                security=Security.STARTTLS,
                ca_file=trust.ca_file,
                cert_file=cert_file,
                key_file=key_file,
            ) as relays:
                assert [250] == codes(await relays.send(mail()))
            async with relays_to(
                server, security=Security.STARTTLS, ca_file=trust.ca_file
            ) as relays:
                with pytest.raises(RelayUnavailable):
                    await relays.send(mail())

    run(main())


def test_what_was_offered_before_tls_is_forgotten(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        async with (
            SmtpServer(features=(), tls=trust.server_context()) as server,
            relays_to(server, security=Security.STARTTLS, ca_file=trust.ca_file) as relays,
        ):
            server.on("EHLO", Say("250-test\r\n250-PIPELINING\r\n250-SIZE 10\r\n250 STARTTLS"))
            assert [250] == codes(await relays.send(mail()))
            assert "MAIL FROM:<from@example.com>" in server.commands

    run(main())


@pytest.mark.parametrize("method", [*AuthMethod])
def test_authenticates_by_the_method_that_is_set(
    run: LoopRunner, tmp_path: Path, method: AuthMethod
) -> None:
    async def main() -> None:
        token_file = tmp_path / "token"
        token_file.write_text("s3cret=\n")
        async with (
            SmtpServer(users={"me@example.com": "s3cret="}) as server,
            relays_to(
                server,
                user="me@example.com",
                password="s3cret=",
                auth=method,
                token_file=token_file if method is AuthMethod.XOAUTH2 else None,
            ) as relays,
        ):
            assert [250] == codes(await relays.send(mail()))
            assert "me@example.com" == server.sessions[0].user
            expected = "PLAIN" if method is AuthMethod.AUTO else method.value.upper()
            assert server.commands[1].startswith(f"AUTH {expected}")

    run(main())


def test_a_rotated_token_is_used_for_the_next_connection(run: LoopRunner, tmp_path: Path) -> None:
    async def main() -> None:
        token_file = tmp_path / "token"
        token_file.write_text("first")
        users = {"me": "first"}
        async with (
            SmtpServer(users=users) as server,
            relays_to(server, user="me", token_file=token_file, max_messages=1) as relays,
        ):
            assert [250] == codes(await relays.send(mail()))
            users["me"] = "second"
            token_file.write_text("second")
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


def test_a_mechanism_that_is_refused_gives_way_to_the_next(run: LoopRunner) -> None:
    async def main() -> None:
        async with (
            SmtpServer(users={"me": "secret"}) as server,
            relays_to(server, user="me", password="secret") as relays,
        ):
            server.on("AUTH", Say("504 5.5.4 not that one"))
            assert [250] == codes(await relays.send(mail()))
            assert ["PLAIN", "LOGIN"] == [
                each.split(" ")[1] for each in server.commands if each.startswith("AUTH")
            ]

    run(main())


def test_credentials_without_a_fitting_mechanism_are_the_operators_matter(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with (
            SmtpServer(users={"me": "secret"}, mechanisms="GSSAPI") as server,
            relays_to(server, user="me", password="secret") as relays,
        ):
            with pytest.raises(RelayUnavailable, match="no AUTH mechanism") as caught:
                await relays.send(mail())
            assert caught.value.auth
            assert "AUTH" not in server.verbs

    run(main())


def test_credentials_never_leave_this_host_in_the_clear(
    run: LoopRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        # The only peer there is here is a loopback one.
        monkeypatch.setattr("app.relay.opening._is_loopback", lambda transport: False)
        async with (
            SmtpServer(users={"me": "secret"}) as server,
            relays_to(server, security=Security.NONE, user="me", password="secret") as relays,
        ):
            with pytest.raises(RelayUnavailable, match="never sent without TLS") as caught:
                await relays.send(mail())
            assert caught.value.auth
            assert "AUTH" not in server.verbs

    run(main())


def test_a_password_without_a_user_is_warned_of(
    run: LoopRunner, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, password="secret") as relays:
            assert [250] == codes(await relays.send(mail()))

    run(main())
    assert "set SMTP_USER" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("setting", ["ca_file", "cert_file"])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_unusable_certificate_file_is_fatal_and_named(
    run: LoopRunner, tmp_path: Path, setting: str, content: str | None
) -> None:
    async def main() -> None:
        path = tmp_path / "cert.pem"
        if content is not None:
            path.write_text(content)
        relays = Relays([RelayConfig(host="mail.example", **{setting: path})])  # type: ignore[arg-type]  # one Path
        with pytest.raises(Fatal, match=rf"SMTP_{setting.upper()} .*cert\.pem"):
            await relays.start()
        await relays.close()

    run(main())
