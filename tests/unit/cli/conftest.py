from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.environment import leave_own_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_own_settings(monkeypatch, tmp_path)
