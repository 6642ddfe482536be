"""How we log in, what a refusal means, and how it mends itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import pytest

from app.domain.smtp import RelayUnavailable
from app.flow import ManualClock
from app.relay import AuthMethod, RelayStatus
from tests.support.relay_rig import LoopRunner, codes, mail, relay_config, relays_to
from tests.support.smtp_actions import Say
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

METHODS: Final = [each for each in AuthMethod if each is not AuthMethod.AUTO]
USER: Final = "me@example.com"


def credentials(folder: Path, method: AuthMethod, secret: str) -> dict[str, Any]:
    """Settings of a relay; a token where the method wants one."""
    if method is not AuthMethod.XOAUTH2:
        return {"user": USER, "auth": method, "password": secret}
    token_file = folder / "token"
    token_file.write_text(secret)
    return {"user": USER, "auth": method, "token_file": token_file}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("secret", ["plain", "with space", "ünïcödé€", 'q"uo\\te', "=+/="])
def test_any_secret_is_passed_on_as_it_is(
    run: LoopRunner, tmp_path: Path, method: AuthMethod, secret: str
) -> None:
    async def main() -> None:
        async with (
            SmtpServer(users={USER: secret}) as server,
            relays_to(server, **credentials(tmp_path, method, secret)) as relays,
        ):
            assert [250] == codes(await relays.send(mail()))
            assert USER == server.sessions[0].user

    run(main())


@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_secret_is_said_once_and_shown_nowhere(
    run: LoopRunner, tmp_path: Path, caplog: pytest.LogCaptureFixture, method: AuthMethod
) -> None:
    async def main() -> None:
        async with (
            SmtpServer(users={USER: "right"}) as server,
            relays_to(server, **credentials(tmp_path, method, "wr0ng")) as relays,
        ):
            with pytest.raises(RelayUnavailable, match=r"auth: 535 5\.7\.8") as caught:
                await relays.send(mail())
            assert caught.value.auth
            assert 1 == server.verbs.count("AUTH"), "a second try might lock the account"
            assert RelayStatus.OPEN is relays.states()[0].status
            for text in (caplog.text, str(caught.value), str(relays.states())):
                assert "wr0ng" not in text
                assert "me@" not in text

    with caplog.at_level(logging.DEBUG, "app.relay"):
        run(main())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("said", "auth"),
    [
        ("530 5.7.0 Authentication required", True),
        ("534 5.7.9 Please log in with your web browser", True),
        ("535 5.7.3 Authentication unsuccessful", True),
        ("454 4.7.0 Temporary authentication failure", True),
        ("550 5.7.1 not you", True),
        ("432 4.7.12 A password transition is needed", False),
        ("451 4.3.0 later", False),
        ("421 4.7.0 too many logins", False),
    ],
)
def test_what_only_an_operator_can_mend_is_told_apart(
    run: LoopRunner, tmp_path: Path, method: AuthMethod, said: str, *, auth: bool
) -> None:
    async def main() -> None:
        async with (
            SmtpServer(users={USER: "right"}) as server,
            relays_to(server, **credentials(tmp_path, method, "right")) as relays,
        ):
            server.on("AUTH", Say(said))
            with pytest.raises(RelayUnavailable, match=f"auth: {said[:3]}") as caught:
                await relays.send(mail())
            assert auth == caught.value.auth
            assert "MAIL" not in server.verbs
            await until(lambda: not server.open, "the connection is closed")

    run(main())


@pytest.mark.parametrize("challenge", ["334 not base64!", "334 é", "334"])
def test_a_challenge_that_is_none_is_the_relays_trouble(
    run: LoopRunner, tmp_path: Path, challenge: str
) -> None:
    async def main() -> None:
        async with (
            SmtpServer(users={USER: "right"}) as server,
            relays_to(server, **credentials(tmp_path, AuthMethod.CRAM_MD5, "right")) as relays,
        ):
            server.on("AUTH", Say(challenge))
            with pytest.raises(RelayUnavailable, match="auth: "):
                await relays.send(mail())
            assert "MAIL" not in server.verbs

    run(main())


def test_a_token_that_has_expired_is_read_anew_by_the_next_probe(
    run: LoopRunner, tmp_path: Path
) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with (
            SmtpServer(users={USER: "fresh"}) as server,
            relays_to(
                server, clock=clock, **credentials(tmp_path, AuthMethod.XOAUTH2, "stale")
            ) as relays,
        ):
            with pytest.raises(RelayUnavailable, match="auth: 535"):
                await relays.send(mail())
            (tmp_path / "token").write_text("fresh\n")
            clock.advance(60)
            await until(
                lambda: relays.states()[0].status is RelayStatus.CLOSED, "the probe logs in"
            )
            assert [250] == codes(await relays.send(mail()))
            assert 2 == server.verbs.count("AUTH")

    run(main())


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"\xff\xfe", "is not UTF-8"), (b" \n", "is empty"), (None, "No such file")],
)
def test_a_token_file_that_holds_none_is_named(
    run: LoopRunner, tmp_path: Path, content: bytes | None, why: str
) -> None:
    async def main() -> None:
        settings = credentials(tmp_path, AuthMethod.XOAUTH2, "")
        if content is None:
            settings["token_file"].unlink()
        else:
            settings["token_file"].write_bytes(content)
        async with (
            SmtpServer(users={USER: "right"}) as server,
            relays_to(server, **settings) as relays,
        ):
            with pytest.raises(RelayUnavailable, match=f"SMTP_TOKEN_FILE .*token: {why}"):
                await relays.send(mail())
            assert "AUTH" not in server.verbs

    run(main())


def test_a_new_password_is_used_from_the_next_connection_on_and_at_once_after_a_refusal(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with (
            SmtpServer(users={USER: "new"}) as server,
            relays_to(server, user=USER, password="old") as relays,
        ):
            with pytest.raises(RelayUnavailable):
                await relays.send(mail())
            assert RelayStatus.OPEN is relays.states()[0].status
            relays.log_in_as([relay_config(server, user=USER, password="new")])
            assert [250] == codes(await relays.send(mail()))

    run(main())


def test_a_relay_that_is_not_ours_is_given_no_login(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            relays.log_in_as([relay_config(server, name="another", user=USER, password="x")])
            assert [250] == codes(await relays.send(mail()))
            assert server.sessions[0].user is None

    run(main())
