from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.relay import AuthMethod, BreakerConfig, RelayConfig, Relays, Timeouts
from app.relay.masking import masked


def test_timeouts_default_to_the_rfc() -> None:
    assert Timeouts(10, 60, 300, 300, 120, 180, 600) == Timeouts()
    assert Timeouts() == Timeouts.parse("")


def test_timeouts_are_read_by_phase() -> None:
    text = "connect=500ms, greeting=1.5s,mail=2m,dot=1h,"
    assert Timeouts(connect=0.5, greeting=1.5, mail=120, dot=3_600) == Timeouts.parse(text)


@pytest.mark.parametrize("text", ["connect", "connect=", "connect=10", "connect=-1s", "dot=0s"])
def test_a_wrong_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(connect|dot): "):
        Timeouts.parse(text)


def test_an_unknown_phase_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="'body' is no phase; allowed: connect, greeting, mail"):
        Timeouts.parse("body=10s")


def test_a_relay_is_named_by_host_and_port() -> None:
    assert "mail.example:2525" == RelayConfig(host="mail.example", port=2525).name
    assert "main" == RelayConfig(host="mail.example", name="main").name


def test_a_password_is_not_shown() -> None:
    assert "s3cret" not in repr(RelayConfig(host="mail.example", user="me", password="s3cret"))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"connections": 0}, "connections"),
        ({"weight": 0}, "weight"),
        ({"auth": AuthMethod.XOAUTH2, "user": "me"}, "auth"),
        ({"token_file": Path("token")}, "token_file"),
        ({"helo_name": "two words"}, "helo_name"),
        ({"helo_name": "a\r\nMAIL"}, "helo_name"),
        ({"helo_name": ""}, "helo_name"),
    ],
)
def test_a_relay_that_cannot_work_is_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        RelayConfig(host="mail.example", **settings)


@pytest.mark.parametrize(("failures", "reset_s"), [(0, 10.0), (5, 0.0), (5, float("nan"))])
def test_a_breaker_that_cannot_work_is_refused(failures: int, reset_s: float) -> None:
    with pytest.raises(ValueError, match="allowed"):
        BreakerConfig(failures, reset_s)


def test_relays_need_names_of_their_own() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Relays([])
    with pytest.raises(ValueError, match=r"same name: mail\.example:587"):
        Relays([RelayConfig(host="mail.example")] * 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no such user <bob@example.com>", "no such user <b***@example.com>"),
        ("bob.b+tag@example.com: full", "b***@example.com: full"),
        ("a@x.example, b@y.example", "a***@x.example, b***@y.example"),
        ("jürgen@example.com", "j***@example.com"),
        ("nothing to hide\r\n", "nothing to hide  "),
    ],
)
def test_addresses_are_masked(text: str, expected: str) -> None:
    assert expected == masked(text)


def test_long_words_are_cut() -> None:
    assert 300 == len(masked("x" * 1_000))
