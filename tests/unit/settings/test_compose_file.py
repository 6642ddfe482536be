"""No `.env` leads the stack of docker-compose.yml to another Kafka or another relay."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from app.settings import Group, Option, load, options

if TYPE_CHECKING:
    from collections.abc import Callable

COMPOSE_FILE: Final = Path(__file__).parents[3] / "docker-compose.yml"
SERVERS: Final = frozenset({Group.KAFKA, Group.KAFKA_SECURITY, Group.RELAY})
# Of those groups: how a server is used, not which one and as whom.
LEFT_TO_THE_USER: Final = frozenset(
    {
        *("KAFKA_TOPIC", "KAFKA_GROUP_ID", "KAFKA_COMMIT", "KAFKA_START", "KAFKA_CREATE_TOPICS"),
        *("KAFKA_START_TIMEOUT", "KAFKA_DRAIN_TIMEOUT", "KAFKA_INSTANCE_ID"),
        *("SMTP_HELO_NAME", "SMTP_TIMEOUTS", "SMTP_ON_AMBIGUOUS", "SMTP_BREAKER", "SMTP_RULES"),
        *("SMTP_RATE", "SMTP_DOMAIN_RATES"),
    }
)


def _fixed() -> dict[str, str]:
    """What the stack's service is given whatever a `.env` says."""
    mailer = re.search(r"\n  mailer:\n(.*?)\n  \w", COMPOSE_FILE.read_text(), re.DOTALL)
    assert mailer
    lines = re.findall(r"^      ([A-Z_]+): (.*)$", mailer[1], re.MULTILINE)
    return {name: value.strip('"') for name, value in lines if "$" not in value}


def _of_servers() -> list[Option]:
    return [
        each
        for each in options()
        if each.details.group in SERVERS
        and not each.details.flag_only
        and each.variable not in LEFT_TO_THE_USER
    ]


@pytest.mark.parametrize("option", _of_servers(), ids=lambda each: each.variable)
def test_a_setting_that_names_a_server_or_a_login_is_fixed(option: Option) -> None:
    fixed = _fixed()
    assert option.variable in fixed, f"{COMPOSE_FILE.name} leaves {option.variable} to a .env"
    if option.secret:
        assert option.file_variable in fixed
        assert fixed[option.file_variable] == ""


def test_what_is_left_to_the_user_is_not_fixed() -> None:
    assert {each.variable for each in options()} >= LEFT_TO_THE_USER
    assert not LEFT_TO_THE_USER & _fixed().keys()


@pytest.mark.parametrize("spelled", [str.upper, str.lower])
def test_no_value_of_a_dotenv_gets_through(
    monkeypatch: pytest.MonkeyPatch, spelled: Callable[[str], str]
) -> None:
    fixed, defaults = _fixed(), load(env_file=None, secrets_folder=None).settings
    # The engine hands over one list, sorted: names in lower case come last.
    given = {spelled(name): "else:where" for name in fixed} | fixed
    for name in sorted(given):
        monkeypatch.setenv(name, given[name])
    settings = load(env_file=None, secrets_folder=None).settings
    assert settings.kafka_brokers == ("kafka:19092",)
    assert (settings.smtp_host, settings.smtp_port) == ("mailbox", 1025)
    assert settings.smtp_relays is None
    for each in _of_servers():
        if fixed[each.variable] == "":
            assert getattr(settings, each.field) == getattr(defaults, each.field)
