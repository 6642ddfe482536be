"""What `dlq` refuses before it asks Kafka anything."""

from __future__ import annotations

import pytest

from app.cli.main import run_command_line
from app.cli.shown import age, counted, harmless, size


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["show"], "Name one letter: PARTITION/OFFSET, or --id."),
        (["show", "0/1", "--id", "x"], "Name one letter"),
        (["show", "17"], "not PARTITION/OFFSET, like 0/17: '17'"),
        (["list", "--kind", "nonsense"], "'nonsense' is not one of 'invalid_message'"),
        (["list", "--since", "soon"], "'soon' is neither a duration like 2h or 1d nor a time"),
        (["list", "--older-than", "soon"], "allowed: a duration such as 30m, 2h, 7d"),
        (["list", "--limit", "0"], "0 is not in the range"),
        (["replay"], "Say which letters"),
        (["replay", "0/1", "--all"], "Say which letters"),
        (["replay", "--all", "--kind", "bug"], "Say which letters"),
        (["replay", "--all", "--rate", "0/s"], "'0/s' is no rate; allowed: a number like 50/s"),
        (["replay", "--all", "--rate", "9" * 400], "is no rate"),
        (["list", "--since", f"{'9' * 308}d"], "is neither a duration"),
        (["purge"], "either --older-than or --all"),
        (["purge", "--all", "--older-than", "1d"], "either --older-than or --all"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_allowed(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["dlq", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (119, "119s"), (120, "2m"), (7199, "119m"), (7200, "2h"), (259_200, "3d")],
)
def test_ages_are_told_in_the_largest_unit_of_which_there_are_two(seconds: int, shown: str) -> None:
    assert age(1_000, 1_000 + seconds * 1000) == shown


def test_numbers_and_texts_as_people_read_them() -> None:
    assert (counted(1, "letter"), counted(2000, "letter")) == ("1 letter", "2,000 letters")
    assert (size(999), size(1500), size(2_000_000)) == ("999 bytes", "1.5 kB", "2.0 MB")
    assert harmless("a\r\nb\x1b[31m\x9bc\td") == "a\nb\ufffd[31m\ufffdc\td"
    assert age(-1, 0) == "?"
