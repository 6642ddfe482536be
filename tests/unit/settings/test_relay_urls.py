"""Several relays: what is taken, what is refused and why, and that no password is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.bootstrap.configs import relay_configs
from app.relay import Security
from app.settings import InvalidSettings, RelayValues, Settings, load
from app.settings.relay_urls import RelayUrls

if TYPE_CHECKING:
    from pathlib import Path


def values(text: str) -> tuple[RelayValues, ...]:
    return RelayUrls().parse(text)


def settings(**flags: str) -> Settings:
    return load(flags, env_file=None, secrets_folder=None).settings


def refused(**flags: str) -> list[str]:
    with pytest.raises(InvalidSettings) as refusal:
        settings(**flags)
    return [str(each) for each in refusal.value.problems]


def notices(**flags: str) -> tuple[str, ...]:
    return load(flags, env_file=None, secrets_folder=None).notices


def test_reads_all_that_a_relay_can_be_told() -> None:
    (relay,) = values(
        "smtp://user:p%40ss@mail.example:2525?name=a&security=starttls&priority=2&weight=3"
        "&rate=600/m&connections=20&type=receipt&type=welcome&sender=Example.com"
    )
    assert ("a", "mail.example", 2525, "starttls") == (
        relay.name,
        relay.host,
        relay.port,
        relay.security,
    )
    assert "user" == relay.user
    assert relay.password is not None
    assert "p@ss" == relay.password.get_secret_value()
    assert (2, 3, 10.0, 20) == (relay.priority, relay.weight, relay.rate, relay.connections)
    assert {"receipt", "welcome"} == relay.types
    assert {"example.com"} == relay.senders
    assert "p@ss" not in repr(relay)


def test_defaults_are_those_of_a_single_relay() -> None:
    (relay,) = values("smtp://mail.example")
    assert RelayValues(name="mail.example:587", host="mail.example", port=587) == relay


def test_smtps_is_tls_from_the_start() -> None:
    (relay,) = values("smtps://mail.example")
    assert (465, "tls") == (relay.port, relay.security)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("smtp://a,smtp://b", ["a", "b"]),
        ("smtp://a , smtps://b:25,", ["a", "b"]),
        ("smtp://[::1]:25?name=six", ["::1"]),
        ("smtp://me:pa,ss@a,smtp://b", ["a", "b"]),
    ],
)
def test_several_by_comma(text: str, hosts: list[str]) -> None:
    assert hosts == [each.host for each in values(text)]


def test_a_password_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2\n")
    (relay,) = values(f"smtp://me@mail.example?password_file={file}")
    assert relay.password is not None
    assert "hunter2" == relay.password.get_secret_value()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (",", "names no relay"),
        ("mail.example:25", "relay 1: begins neither with smtp:// nor with smtps://"),
        ("http://mail.example", "relay 1: begins neither"),
        ("smtp://a,b", "relay 1: what follows the comma begins neither"),
        ("smtp://a, smtp://", "relay 2: names no host"),
        ("smtp://bad_host!", "names no host"),
        ("smtp://mail:0", r"relay 1 \(mail\): port: too small"),
        ("smtp://mail?priority=high", r"relay 1 \(mail:587\): priority: not a whole number; it"),
        ("smtp://mail?weight=0", "weight: too small; it takes a whole number from 1"),
        ("smtp://mail?rate=fast", "rate: not a number by a unit of time; it takes a rate above 0"),
        ("smtp://mail?rate=0/s", "rate: out of bounds"),
        ("smtp://mail?connections=0", "connections: too small"),
        ("smtp://mail?security=ssl", "security: unknown; it takes auto, tls, starttls, none"),
        ("smtps://mail?security=none", "security: smtps:// is tls, not none"),
        ("smtp://mail?sender=a b", "contains a space"),
        ("smtp://mail?sender=-", "sender: not a domain"),
        ("smtp://mail?name=a/b", "name: not of this form"),
        ("smtp://mail?types=a", "no parameter 'types'; there are name, security"),
        ("smtp://mail?name=a&name=b", "name is given twice"),
        ("smtp://mail,smtp://mail", "2 relays are named mail:587; set name="),
        ("smtp://me@mail", "a user needs a password, password_file= or token_file="),
        ("smtp://:pw@mail", "without a user"),
        ("smtp://me@mail?password_file=/nowhere", "password_file: no such file"),
        (f"smtp://me:pw@mail?password_file={__file__}", "one of them"),
        (f"smtp://me:pw@mail?token_file={__file__}", "one of them"),
    ],
)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        values(text)


@pytest.mark.parametrize(
    "text",
    [
        "smtp://me:hun?ter2@mail",
        "smtp://me:hun/ter2@mail",
        "smtp://me:hun#ter2@mail",
        "smtp://me:hun@ter2@mail",
        "smtp://me:hun ter2@mail",
        "smtp://me:25?hunter2@mail",
        "smtp://me:25/hunter2@mail",
        "smtp://me:hunter2@mail?weight=x",
        "smtp://me:hunter2@mail,",
        "smtp://me:hunter2@",
        "smpt://me:hunter2@mail",
        "smtp://me:hunter2@mail,me:hunter2@other",
    ],
)
def test_no_part_of_a_password_is_shown(text: str) -> None:
    try:
        shown = repr(settings(smtp_relays=text))
    except InvalidSettings as error:
        shown = str(error)
    for part in ("hun", "ter2"):
        assert part not in shown


def test_each_relay_gets_what_holds_for_all_and_what_is_its_own() -> None:
    first, second = relay_configs(
        settings(
            smtp_relays="smtp://a?connections=3,smtp://b?security=none",
            smtp_security="starttls",
            smtp_helo_name="me.example",
            email_workers_max="25",
            smtp_timeouts="connect=3s",
        )
    )
    assert (Security.STARTTLS, 3) == (first.security, first.connections)
    assert (Security.NONE, 25) == (second.security, second.connections)
    for each in (first, second):
        assert ("me.example", 3.0) == (each.helo_name, each.timeouts.connect)
        assert each.user is None


def test_without_it_the_one_relay_is_that_of_smtp_host() -> None:
    (only,) = relay_configs(settings(smtp_host="mail.example", smtp_port="2525"))
    assert ("mail.example:2525", None) == (only.name, only.rate)


def test_says_what_is_not_used_beside_it() -> None:
    found = notices(smtp_relays="smtp://a", smtp_host="b", smtp_user="me", smtp_password="pw")
    assert [
        f"{name} is set, but SMTP_RELAYS takes its place: it is not used"
        for name in ("SMTP_HOST", "SMTP_USER", "SMTP_PASSWORD")
    ] == list(found)


def test_says_when_some_mail_would_have_no_relay() -> None:
    (found,) = notices(smtp_relays="smtp://a?type=receipt,smtp://b?sender=example.com")
    assert found.startswith("each relay of SMTP_RELAYS serves some types or senders only")
    assert () == notices(smtp_relays="smtp://a?type=receipt,smtp://b")


def test_says_when_a_login_would_be_in_the_clear() -> None:
    (found,) = notices(smtp_relays="smtp://me:pw@mail.example?security=none")
    assert found.startswith("relay mail.example:587: its security is none: the login is refused")
    assert () == notices(smtp_relays="smtp://me:pw@localhost?security=none")


def test_a_token_file_and_the_way_to_log_in_fit_together(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t")
    with_token: dict[str, Any] = {"smtp_relays": f"smtp://me@a?token_file={token}"}
    assert settings(**with_token).smtp_relays
    (said,) = refused(**with_token, smtp_auth="plain")
    assert "relay a:587 has a token file; allowed with it: auto, xoauth2" in said
    (said,) = refused(smtp_relays="smtp://me:pw@a", smtp_auth="xoauth2")
    assert "relay a:587: token_file= is needed by SMTP_AUTH (xoauth2, " in said


def test_it_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "relays").write_text("smtp://me:hunter2@a,smtp://b\n")
    found = settings(smtp_relays_file=str(tmp_path / "relays")).smtp_relays
    assert found is not None
    assert ["a", "b"] == [each.host for each in found]
