"""What is made from the settings is current, and true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.settings import load, options
from reference.settings import env_example, settings
from tests.support.environment import leave_own_settings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_every_setting_stands_in_both() -> None:
    for each in options():
        if not each.details.flag_only:
            assert f"\n#{each.variable}={each.default or ''}\n" in env_example()
            assert f"| `{each.flag}` |" in settings()


def test_the_example_can_be_used_with_every_comment_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_own_settings(monkeypatch, tmp_path)
    used = re.sub(r"^#(?=[A-Z])", "", env_example(), flags=re.MULTILINE)
    (tmp_path / ".env").write_text(used)
    loaded = load(secrets_folder=None)
    assert len(loaded.given) > 30
    assert loaded.settings == load(secrets_folder=None, env_file=None).settings
