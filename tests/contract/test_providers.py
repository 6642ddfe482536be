"""The guide's settings for each provider work, against a stand-in that answers as it does."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
import uvloop

from app.bootstrap.configs import relay_configs
from app.domain.outcome import ErrorKind
from app.domain.smtp import RelayUnavailable
from app.outcomes.judging import judge
from app.outcomes.relay_id import relay_id
from app.relay import Relays, Security
from app.settings import load
from tests.support.environment import leave_own_settings
from tests.support.example_files import SECRET, with_files
from tests.support.pages import DOCS
from tests.support.providers import PROVIDERS, Provider
from tests.support.relay_rig import PATIENT, LoopRunner, Trust, codes, mail, only, started
from tests.support.smtp_actions import Say

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from app.domain.smtp import RecipientReply, SendReport
    from app.relay import RelayConfig
    from tests.support.smtp_server import SmtpServer

GUIDE: Final = (DOCS / "how-to" / "providers.md").read_text(encoding="utf-8")
EACH: Final = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda each: each.page)
RUN: Final = LoopRunner(uvloop.new_event_loop)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return Trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    leave_own_settings(monkeypatch, tmp_path)
    return tmp_path


def section(provider: Provider) -> str:
    return GUIDE.partition(f"\n## {provider.page}\n")[2].partition("\n## ")[0]


def configs(provider: Provider, folder: Path) -> list[RelayConfig]:
    """What the service makes of each block of settings in the section."""
    made = []
    for block in re.findall(r"```env\n(.*?)```", section(provider), re.DOTALL):
        text = "".join(f"{line.strip()}\n" for line in block.splitlines())
        (folder / ".env").write_text(with_files(text, folder), encoding="utf-8")
        made += relay_configs(load(secrets_folder=None).settings)
    return made


def stand_in(provider: Provider, config: RelayConfig, trust: Trust) -> SmtpServer:
    known = {config.user: SECRET} if config.user else {}
    return provider.server(trust.server_context(), known)


def to_stand_in(
    config: RelayConfig, server: SmtpServer, trust: Trust
) -> AbstractAsyncContextManager[Relays]:
    """The guide's relay, but for where it is and who vouches for it."""
    moved = replace(
        config, host="127.0.0.1", port=server.port, ca_file=trust.ca_file, timeouts=PATIENT
    )
    return started(Relays([replace(moved, security=required(config))]))


def required(config: RelayConfig) -> Security:
    """On the loopback `auto` would do without the TLS that the real one wants."""
    return Security.STARTTLS if config.user else Security.NONE


async def sent(provider: Provider, config: RelayConfig, trust: Trust, *said: str) -> SendReport:
    """One mail; the stand-in answers its last byte with `said`, or takes it."""
    async with stand_in(provider, config, trust) as server:
        server.on("DOT", *map(Say, said))
        async with to_stand_in(config, server, trust) as relays:
            report = await relays.send(mail())
        assert [each.user for each in server.sessions] == [config.user]
        assert all(each.tls for each in server.sessions if config.user)
        return report


@EACH
def test_the_settings_lead_to_the_provider_and_a_mail_is_taken(
    provider: Provider, own_folder: Path, trust: Trust
) -> None:
    found = configs(provider, own_folder)
    assert provider.host in {each.host for each in found}
    for config in found:
        reply = only(RUN(sent(provider, config, trust))).reply
        assert reply is not None
        assert reply.code == 250
        assert relay_id(reply.text) == provider.relay_id
    assert f"`{provider.accepted}`" in section(provider)


@EACH
def test_its_limits_are_the_relays_and_no_fault_of_the_mail(
    provider: Provider, own_folder: Path, trust: Trust
) -> None:
    config = configs(provider, own_folder)[0]
    for words in (provider.busy, provider.used_up):
        assert kind(only(RUN(sent(provider, config, trust, words)))) in {
            ErrorKind.RATE_LIMITED,
            ErrorKind.TEMPORARY,
        }
    assert kind(only(RUN(sent(provider, config, trust, provider.busy)))) is ErrorKind.RATE_LIMITED


def kind(reply: RecipientReply) -> ErrorKind | None:
    return judge(reply).kind


@EACH
def test_a_login_that_it_refuses_is_the_relays_trouble(
    provider: Provider, own_folder: Path, trust: Trust
) -> None:
    config = next(each for each in configs(provider, own_folder) if each.user)

    async def main() -> None:
        async with (
            provider.server(trust.server_context(), {}) as server,
            to_stand_in(config, server, trust) as relays,
        ):
            with pytest.raises(RelayUnavailable, match="auth: 53") as refused:
                await relays.send(mail())
            assert refused.value.auth

    RUN(main())


@EACH
def test_more_recipients_than_it_takes_lose_nobody(
    provider: Provider, own_folder: Path, trust: Trust
) -> None:
    config = configs(provider, own_folder)[0]
    names = [f"to{number}@example.com" for number in range(provider.most_recipients % 1000 + 2)]

    async def main() -> list[int | None]:
        async with (
            stand_in(provider, config, trust) as server,
            to_stand_in(config, server, trust) as relays,
        ):
            return codes(await relays.send(mail(*names)))

    found = RUN(main())
    assert len(found) == len(names)
    assert set(found) <= {250, 452}
    assert found.count(250) >= min(len(names), provider.most_recipients)
