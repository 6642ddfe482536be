"""What `make reference` makes is current, and its places are found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reference.__main__ import main
from reference.files import FILLED, MADE, current, stale
from reference.marks import filled

PROJECT = Path(__file__).parents[3]
PAGE = """# A page

<!-- rows: made by `make reference` from the code -->
old
<!-- end of rows -->
rest
"""


def test_all_that_is_made_is_current() -> None:
    assert stale(PROJECT) == [], "make reference"


def test_the_command_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in FILLED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)

    assert main(["--check"], tmp_path) == 1
    told = capsys.readouterr().err.splitlines()
    assert told == [f"{name} is not current: make reference" for name in MADE]
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    assert main(["--chekc"], tmp_path) == 2


def test_a_made_file_that_was_edited_is_stale(tmp_path: Path) -> None:
    for name, text in current(PROJECT).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("|---|", "|----|"))

    assert set(FILLED) <= set(stale(tmp_path))


def test_a_place_holds_what_is_made() -> None:
    page = filled(PAGE, "rows", "new\n")

    assert "code -->\n\nnew\n\n<!-- end of rows -->\nrest\n" in page
    assert filled(page, "rows", "new") == page


@pytest.mark.parametrize("page", ["# A page\n", PAGE + PAGE], ids=["none", "two"])
def test_a_page_without_one_place_for_it_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="places for 'rows'"):
        filled(page, "rows", "new")
