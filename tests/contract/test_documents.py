"""What the documents say of names, fields and files; snippets and links have tests of their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import orjson
import pytest

from app.cli.main import run_command_line
from app.domain.errors import InvalidMessage
from app.domain.outcome import ErrorKind
from app.domain.wire import OURS
from app.intake.decode import Decoder, DecoderConfig
from app.intake.messages import KNOWN_FIELDS
from app.settings.options import options
from tests.support.pages import pages, snippets
from tests.support.records import json_record

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE: Final = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MESSAGES: Final = ROOT / "docs" / "messages.md"
EXAMPLES: Final = [each.text for each in snippets(MESSAGES, "json")]
# Read, but the business of those who keep the envelope.
UNTOLD: Final = frozenset({"retry_count", "status", "error_msg", "timestamp"})
# Of the compose file, not of the service.
NO_SETTINGS: Final = frozenset({"OPS_PORTS"})


def test_there_is_an_example_of_either_shape_and_of_an_event() -> None:
    marks = ("message", "specversion")
    found = [[mark for mark in marks if mark in orjson.loads(example)] for example in EXAMPLES]
    assert found == [[], ["message"], ["specversion"]]


def test_the_example_of_an_event_in_headers_is_one() -> None:
    (block,) = (each.text for each in snippets(MESSAGES) if each.mark == "headers of an event")
    headers = tuple(
        (name, value.strip().encode())
        for name, _, value in (line.partition(": ") for line in block.splitlines())
    )
    bare = {name: value for name, value in orjson.loads(EXAMPLES[0]).items() if name != "id"}
    message = Decoder(DecoderConfig(max_bytes=10_000)).decode(json_record(bare, headers)).message
    assert (message.id_given, message.type) == (True, "order.placed")


def test_the_table_has_every_field_of_a_message() -> None:
    page = MESSAGES.read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \| ", page, re.MULTILINE)
    told = {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)}
    assert told == KNOWN_FIELDS - UNTOLD


def test_every_header_of_ours_is_told() -> None:
    page = (ROOT / "docs" / "dead-letters.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(mail-[a-z-]+)`", page)) == OURS


@pytest.mark.parametrize("page", pages(), ids=lambda each: str(each.relative_to(ROOT)))
def test_every_variable_that_is_named_is_a_setting(page: Path) -> None:
    variables = {each.variable for each in options()}
    prefix = r"(?:KAFKA|EMAIL|SMTP|RETRY|SHUTDOWN|OPS|LOG|DKIM|DEDUP|SUPPRESSION|STATE)"
    named = set(re.findall(rf"(?<![A-Z_])({prefix}_[A-Z_]+)\b", page.read_text(encoding="utf-8")))
    assert {name.removesuffix("_FILE") for name in named - variables - NO_SETTINGS} <= variables


def test_error_kinds_are_the_contracts() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    sentence = page.partition("`error_kind` is ")[2].partition(".")[0]
    assert set(re.findall(r"`([a-z_]+)`", sentence)) == set(ErrorKind)


def test_the_commands_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["--help"]) == 0
    told = capsys.readouterr().out
    for verb in re.findall(r"^\| `kafka-mailer ([a-z]+)` \|", README, re.MULTILINE):
        assert re.search(rf"^  {verb} ", told, re.MULTILINE)


def test_the_files_that_the_architecture_names_are_there() -> None:
    for name in re.findall(r"`([a-z_/]+/(?:[a-z_]+\.py)?)`", ARCHITECTURE):
        assert (ROOT / "app" / name).exists() or (ROOT / name).exists(), name


def test_the_refusal_that_is_quoted_reads_so() -> None:
    document = {"to": ["ann@example.com", "b b@example.com"], "subject": "Hi", "text": "Hi"}
    with pytest.raises(InvalidMessage) as refused:
        Decoder(DecoderConfig(max_bytes=10_000)).decode(json_record(document))
    quoted = README.partition("naming the field: `")[2].partition("…")[0]
    assert quoted
    assert str(refused.value).startswith(quoted)
