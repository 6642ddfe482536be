"""`check` on a real store that instances share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.checked import Check
from tests.support.environment import leave_own_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.redis_server import RedisServer


@pytest.fixture
def check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Check:
    leave_own_settings(monkeypatch, tmp_path)
    return Check(monkeypatch, capsys, {"DEDUP_WINDOW": "1h"})


def test_a_store_that_answers(check: Check, redis_server: RedisServer) -> None:
    found = check("state", env={"STATE_URL": redis_server.url})
    assert found.codes <= {"store_slow"}  # on a busy machine
    assert found.code == 0


def test_a_store_that_refuses_the_password(check: Check, redis_server: RedisServer) -> None:
    wrong = f"redis://:wrong-one@127.0.0.1:{redis_server.port}/0"
    found = check("state", env={"STATE_URL": wrong})
    assert (1, {"store_unreachable"}) == (found.code, found.codes)
    assert "STATE_URL" in found.mend("store_unreachable")
    assert "wrong-one" not in str(found.findings)
