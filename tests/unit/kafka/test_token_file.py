"""The token is read anew each time; what is none is trouble that names the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.kafka.token_file import TokenFile, TokenUnreadable
from tests.support.waiting import run

if TYPE_CHECKING:
    from pathlib import Path


def test_a_token_is_read_again_for_each_connection(tmp_path: Path) -> None:
    file = tmp_path / "token"
    provider = TokenFile(file)
    for token in ("first.one", "eyJhbGciOiJub25lIn0.e30.", "c2Vjb25k=="):
        file.write_text(f"{token}\n")
        assert run(provider.token()) == token


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"two words", "holds no access token"),
        (b"a\x01auth=b", "holds no access token"),
        (b"\xff\xfe", "holds no access token"),
    ],
)
def test_what_is_no_token_is_told_without_being_shown(
    content: bytes | None, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TokenUnreadable) as caught:
        run(TokenFile(file).token())
    assert str(caught.value) == f"KAFKA_SASL_TOKEN_FILE {file}: {reason}"
