"""An environment without the developer's own settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from app.settings import options

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PREFIXES = tuple({each.variable.split("_", 1)[0] + "_" for each in options()})


def leave_own_settings(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """No variable of ours is set, and the working folder has no `.env`."""
    for name in list(os.environ):
        if name.upper().startswith(PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
