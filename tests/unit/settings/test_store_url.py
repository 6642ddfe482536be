"""Which addresses of a store are taken, and that none is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.settings import InvalidSettings, load
from app.settings.store_url import StoreUrl

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "redis://store",
        "redis://store:6380/3",
        "valkey://user:p%40ss@store.example.com:6379/",
        "rediss://:pass@[::1]:6379/0?ssl_ca_certs=/etc/ca.pem",
        "valkeys://store",
        "unix:///run/redis.sock",
        "unix://:pass@/run/redis.sock?db=2",
    ],
)
def test_takes(text: str) -> None:
    assert StoreUrl().parse(text).get_secret_value() == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("store:6379", "unknown scheme"),
        ("http://store", "unknown scheme"),
        ("redis://", "names no host"),
        ("redis://:hunter2@/0", "names no host"),
        ("redis://bad_host!/0", "names no host"),
        ("redis://store:0x1", "not a URL"),
        ("redis://store:99999", "not a URL"),
        ("redis://store/email", "the database is not a number"),
        ("redis://store/0?ssl_ca_certs=/etc/ca.pem", "has a parameter that is none"),
        ("redis://store/0?max_connections=1", "has a parameter that is none"),
        ("rediss://store?ssl_ca_certs=", "ssl_ca_certs: not a value for it"),
        ("redis://:hun#ter2@store", "a # in the password is written %23"),
        ("redis://store /0", "contains spaces or control characters"),
        ("unix://run/redis.sock", "names no socket's absolute path"),
        ("unix:///run/redis.sock?db=x", "db: not a value for it"),
    ],
)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        StoreUrl().parse(text)


def test_a_wrong_one_is_refused_without_being_shown() -> None:
    with pytest.raises(InvalidSettings) as refusal:
        load({"state_url": "http://:hunter2@store"}, secrets_folder=None)
    (problem,) = refusal.value.problems
    assert str(problem).startswith("STATE_URL (flag --state-url): unknown scheme; allowed: redis:")
    assert "hunter2" not in str(problem)


def test_it_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:hunter2@store/1\n")
    loaded = load(
        {"state_url_file": str(tmp_path / "url"), "dedup_window": "1h"}, secrets_folder=None
    )
    assert loaded.settings.state_url is not None
    assert loaded.settings.state_url.get_secret_value() == "redis://:hunter2@store/1"
    assert "hunter2" not in repr(loaded)
