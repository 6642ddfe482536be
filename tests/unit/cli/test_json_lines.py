from __future__ import annotations

import asyncio
import os
import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cli import json_lines
from app.cli.json_lines import Draft, read_drafts
from tests.support.waiting import run

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 1000


async def _all(descriptor: int) -> tuple[list[Draft], int]:
    drafts, read = [], 0
    async for some, total in read_drafts(descriptor, LONGEST):
        drafts += some
        read = total
    return drafts, read


def _read(content: bytes) -> tuple[list[Draft], int]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        return run(_all(file.fileno()))


def test_gives_each_line_with_its_number_and_passes_over_empty_ones() -> None:
    content = b'\xef\xbb\xbf{"a":1}\r\n\n  \n{"b":2}\n{"c":3}'
    drafts = [Draft(1, b'{"a":1}'), Draft(4, b'{"b":2}'), Draft(5, b'{"c":3}')]
    assert _read(content) == (drafts, len(content))


def test_gives_nothing_of_nothing() -> None:
    assert _read(b"") == ([], 0)


def test_keeps_one_byte_more_of_a_line_that_is_too_long() -> None:
    drafts, total = _read(b"x" * 5000 + b"\n{}\n")
    assert drafts == [Draft(1, b"x" * (LONGEST + 1)), Draft(2, b"{}")]
    assert total == 5004


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(max_size=12), max_size=8), st.integers(1, 20))
def test_lines_are_the_same_however_they_are_cut(pieces: list[bytes], chunk: int) -> None:
    content = b"\n".join(pieces)
    expected = [
        Draft(number, line.strip())
        for number, line in enumerate(content.split(b"\n"), 1)
        if line.strip() and not line.startswith(b"\xef\xbb\xbf")
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "_CHUNK", chunk)
        drafts, total = _read(content)
    assert expected == [each for each in drafts if not each.value.startswith(b"\xef\xbb\xbf")]
    assert total == len(content)


def test_gives_lines_as_soon_as_they_are_there() -> None:
    async def main() -> None:
        reading, writing = os.pipe()
        try:
            drafts = read_drafts(reading, LONGEST)
            os.write(writing, b"{}\n{")
            assert await anext(drafts) == ([Draft(1, b"{}")], 4)
            os.write(writing, b"}\n")
            assert await anext(drafts) == ([Draft(2, b"{}")], 6)
            os.close(writing)
            assert await anext(drafts) == ([], 6)
        finally:
            os.close(reading)

    run(main())


def test_can_be_left_while_nothing_comes() -> None:
    async def main() -> None:
        reading, writing = os.pipe()
        waiting = asyncio.create_task(_all(reading))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        os.close(writing)
        os.close(reading)

    run(main())


def test_a_descriptor_that_cannot_be_read_is_an_os_error(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    try:
        with pytest.raises(OSError, match="Bad file descriptor"):
            run(_all(descriptor))
    finally:
        os.close(descriptor)
