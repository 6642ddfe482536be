"""What a real Postfix makes of every manner in which we speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from app.domain.smtp import Composed, Envelope
from app.relay import RelayConfig, Relays
from tests.support.postfix import Postfix
from tests.support.relay_rig import codes, started
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager

WITHOUT: Final = {
    "chunking": "",
    "pipelining": "chunking",
    "step by step": "chunking, pipelining",
    "chunks step by step": "pipelining",
}
LIMIT: Final = 3
# Complete, so that Postfix adds nothing of its own within.
HEAD: Final = (
    b"Subject: hello\r\nFrom: from@example.com\r\nTo: to@example.com\r\n"
    b"Message-ID: <1@example.com>\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n"
)
SMALL: Final = HEAD + b".dot\r\n..\r\n.\r\nFrom here to the end.\r\n"
LARGE: Final = HEAD + (b"." + b"0123456789" * 7 + b"\r\n") * 5_000


@pytest.fixture(params=WITHOUT, scope="module")
def postfix_in(request: pytest.FixtureRequest) -> Iterator[tuple[str, Postfix]]:
    """A manner, and a Postfix that offers just what it needs."""
    if why := Postfix.why_not():
        pytest.skip(f"Postfix: {why}")
    extra = f"smtpd_discard_ehlo_keywords = {WITHOUT[request.param]}\n"
    extra += f"smtpd_recipient_limit = {LIMIT}\nsmtpd_soft_error_limit = 100\n"
    extra += "smtpd_hard_error_limit = 200\n"
    with Postfix(extra) as server:
        yield request.param, server


def in_front_of(server: Postfix) -> AbstractAsyncContextManager[Relays]:
    return started(Relays([RelayConfig(host=server.host, port=server.port, connections=1)]))


def composed(content: bytes, *names: str) -> Composed:
    recipients = tuple(f"{name}@example.com" for name in names)
    return Composed(Envelope("from@example.com", recipients), content, "<1@example.com>")


def received(server: Postfix, count: int) -> dict[str, bytes]:
    """What followed Postfix's own headers, by recipient, and with its line ends."""
    mails = server.wait_for(count)
    server.clear()
    found = {
        each.recipient: each.raw[each.raw.index(b"Subject:") :].replace(b"\n", b"\r\n")
        for each in mails
    }
    assert count == len(mails)
    return found


def test_every_recipient_gets_its_answer_and_every_octet_arrives(
    postfix_in: tuple[str, Postfix],
) -> None:
    _, server = postfix_in

    async def main() -> list[list[int | None]]:
        sends = [
            composed(SMALL, "ann"),
            composed(LARGE, "bob"),
            composed(SMALL, "unknown", "greylisted"),
            composed(LARGE, "unknown"),
            composed(SMALL, "blocked", "cat", "full"),
            composed(SMALL, *(f"many{n}" for n in range(2 * LIMIT + 1))),
        ]
        async with in_front_of(server) as relays:
            found = [codes(await relays.send(each)) for each in sends]
            assert 1 == relays.states()[0].connections
        return found

    answers = run(main())
    assert [[250], [250], [550, 450], [550], [554, 250, 552], [250] * 7] == answers
    mails: dict[str, Any] = received(server, 10)
    assert LARGE == mails.pop("bob@example.com")
    assert {SMALL} == set(mails.values())


def test_it_is_spoken_to_as_it_offers(postfix_in: tuple[str, Postfix]) -> None:
    manner, server = postfix_in

    async def main() -> None:
        async with in_front_of(server) as relays:
            await relays.send(composed(SMALL, "ann"))

    run(main())
    assert 1 == len(received(server, 1))
    farewell = next(line for line in reversed(server.log.splitlines()) if "disconnect from" in line)
    assert ("bdat=1" in farewell) == ("chunk" in manner)
    assert ("data=1" in farewell) == ("chunk" not in manner)
    assert "quit=1" in farewell
