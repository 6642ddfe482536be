from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from app.bootstrap.memory import MIB, memory_limit, room_for_mail
from app.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("limit", "room"), [(1 << 50, 256 * MIB), (840 * MIB, 256 * MIB), (252 * MIB, 60 * MIB)]
)
def test_the_default_fits_into_the_container(limit: int, room: int) -> None:
    assert room_for_mail(Settings.model_validate({}), limit) == room


def test_the_largest_mail_fits_always() -> None:
    assert room_for_mail(Settings.model_validate({}), 64 * MIB) == 10 * MIB


def test_what_was_set_stays_and_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings.model_validate({"email_max_memory": "100MiB"})
    assert room_for_mail(settings, 128 * MIB) == 100 * MIB
    (warned,) = caplog.records
    assert warned.levelno == logging.WARNING
    assert "128 MiB of memory are allowed here" in warned.message
    assert "18 MiB fit" in warned.message


def _write(root: Path, groups: str, **files: str) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for path, text in files.items():
        file = root / "sys/fs/cgroup" / path.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_reads_the_smallest_limit_of_version_2(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "0::/system.slice/mailer.service\n",
        **{
            "system.slice__mailer.service__memory.max": "max\n",
            "system.slice__memory.max": "134217728\n",
        },
    )
    assert memory_limit(tmp_path) == 128 * MIB


def test_reads_a_container_s_own_root(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "9:cpu,memory:/docker/0123\n0::/\n",
        **{"memory__memory.limit_in_bytes": "134217728\n"},
    )
    assert memory_limit(tmp_path) == 128 * MIB


@pytest.mark.parametrize("limit", ["9223372036854771712\n", ""])
def test_no_limit_is_none(tmp_path: Path, limit: str) -> None:
    _write(tmp_path, "9:memory:/\n", **{"memory__memory.limit_in_bytes": limit})
    assert memory_limit(tmp_path) is None
    assert memory_limit(tmp_path / "elsewhere") is None
