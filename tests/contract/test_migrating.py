"""What `docs/migrating.md` says of flags, variables and templates is so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from app.cli.main import run_command_line
from app.settings import options
from tests.support.environment import leave_own_settings
from tests.unit.composer.mails import composer_with, read_back

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text()
# As DESIGN names them.
FLAGS: Final = frozenset(
    {
        *("-workers", "-buffer", "-kafka-brokers", "-kafka-topic", "-kafka-group"),
        *("-smtp-host", "-smtp-port", "-smtp-user", "-port"),
    }
)
_VALUES: Final = {"-kafka-brokers": "kafka:9092", "-smtp-host": "mail.example.com"}
DATA: Final[dict[str, Any]] = {
    "body": "Body",
    "order": {"Number": "17"},
    "items": [{"name": "Lamp"}],
    "total": 20,
}
SHOWN: Final = ("Body", "17", "…", "Lamp", "20.00", "Footer")


def _rows(heading: str) -> Iterator[list[str]]:
    """The cells of the first table after a line that begins so, its head left out."""
    table = re.search(
        rf"^{re.escape(heading)}.*?((?:^\|[^\n]*\n)+)", PAGE, re.MULTILINE | re.DOTALL
    )
    assert table is not None, heading
    for line in table[1].splitlines()[2:]:
        yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_each_flag_sets_what_the_table_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_own_settings(monkeypatch, tmp_path)
    monkeypatch.setenv("SMTP_PASSWORD", "a user needs one")
    tried = set()
    for before, _, setting in _rows("**Flags**"):
        flags, variables = re.findall(r"`(-[a-z-]+)`", before), re.findall(r"`(\w+)`", setting)
        for flag, variable in zip(flags, variables, strict=False):
            value = _VALUES.get(flag, "2525")
            assert run_command_line(["config", "--json", flag, value]) == 0
            shown = json.loads(capsys.readouterr().out)[variable]
            assert (shown["value"], shown["source"]) in {(value, "flag"), ("********", "flag")}
            tried.add(flag)
    assert tried == FLAGS | {"-smtp-pass"}


def test_each_variable_is_a_setting() -> None:
    sentence = PAGE.partition("**Variables**: ")[2].partition(" mean what")[0]
    named = set(re.findall(r"`([A-Z_]+)`", sentence))
    assert len(named) == 9
    assert named <= {each.variable for each in options()}


def test_each_jinja_of_the_table_renders(tmp_path: Path) -> None:
    (tmp_path / "_footer.html.j2").write_text("Footer")
    rows = [row[1].strip("`").replace("\\|", "|") for row in _rows("Go's templates become")]
    if not rows:
        pytest.fail("the table is not there")
    for number, (jinja, shown) in enumerate(zip(rows, SHOWN, strict=True)):
        (tmp_path / f"t{number}.html.j2").write_text(jinja)
        (tmp_path / f"t{number}.subject.j2").write_text("Subject")
        mail = read_back(composer_with(tmp_path), template=f"t{number}", data=DATA)
        html = mail.get_body(("html",))
        assert html is not None
        assert shown in html.get_content()
