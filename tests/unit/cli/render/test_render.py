"""`kafka-mailer render`, short of a browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.command_line import CommandLine

if TYPE_CHECKING:
    from pathlib import Path

WELCOME = ("welcome", "--data", "name=Ann", "--data", "link=https://example.com/w")


@pytest.fixture
def render(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine("render", env={}, monkeypatch=monkeypatch, capsys=capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "templates"
    made.mkdir()
    (made / "receipt.subject.j2").write_text("Receipt {{ number }}")
    (made / "receipt.html.j2").write_text(
        '<html>\n<p>Hi {{ name }}</p>\n<img src="logo.png">\n<a href="#">x</a></html>'
    )
    (made / "receipt.pt.html.j2").write_text('<html lang="pt"><p>Olá {{ name }}</p></html>')
    (made / "data.json").write_text('{"name": "Ann", "number": 17}')
    return made


def test_a_built_in_one_is_shown_with_its_sizes(render: CommandLine) -> None:
    said = render(*WELCOME)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Subject  Welcome, Ann\nSize     ")
    assert "https://example.com/w" in said.out


def test_one_part_can_be_had_alone(render: CommandLine) -> None:
    assert render(*WELCOME, "--part", "subject").out == "Welcome, Ann\n"
    assert render(*WELCOME, "--part", "html").out.startswith("<!DOCTYPE html>")
    assert "\nMIME-Version: 1.0" in render(*WELCOME, "--part", "raw").out.replace("\r", "")


def test_a_file_names_its_folder_template_and_language(render: CommandLine, folder: Path) -> None:
    data = ("-f", str(folder / "data.json"))
    english = render(str(folder / "receipt.html.j2"), *data)
    assert "Subject  Receipt 17" in english.out
    assert "Hi Ann" in english.out
    assert "Olá Ann" in render(str(folder / "receipt.pt.html.j2"), *data).out


def test_flags_come_before_the_file(render: CommandLine, folder: Path) -> None:
    data = ("-f", str(folder / "data.json"), "--data", '{"name": "Bob"}')
    assert "Hi Bob" in render(str(folder / "receipt.html.j2"), *data).out


def test_what_to_look_at_is_told_and_can_fail(render: CommandLine, folder: Path) -> None:
    arguments = (str(folder / "receipt.html.j2"), "-f", str(folder / "data.json"))
    said = render(*arguments)
    assert said.code == 0
    assert "Warning: image without alt: logo.png (HTML, line 3)" in said.err
    assert "Warning: link that leads nowhere (HTML, line 4)" in said.err
    assert render(*arguments, "--strict").code == 1
    (found,) = (json.loads(each.out) for each in [render(*arguments, "--json")])
    assert {"text", "alt", "image", "link", "language"} == {
        each["kind"] for each in found["warnings"]
    }
    assert found["bytes"]["html"] == len(found["html"].encode())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("welcome", "--data", "name=Ann"), 1, "data.link: missing, template 'welcome' needs it"),
        (("welcom",), 1, "unknown template 'welcom', known are notification, "),
        (("welcome", "-f", "/nowhere.json"), 1, "/nowhere.json: no such file or directory"),
        (("a/b",), 2, "neither a template's name nor one of its files"),
        (("a/b.html.j2",), 2, "a/b.html.j2: no such file"),
        (("a/b.j2",), 2, "a/b.j2: not NAME.html.j2"),
        (("welcome", "--watch", "--json"), 2, "--watch goes with neither"),
        (("welcome", "--email-templates", "/nowhere"), 2, "/nowhere"),
        ((), 2, "Missing argument 'TEMPLATE'"),
    ],
)
def test_what_cannot_be_is_told(
    render: CommandLine, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found = render(*arguments)
    assert found.code == code
    assert said in found.err
    assert found.out == ""


def test_a_broken_template_is_told_with_its_line(render: CommandLine, folder: Path) -> None:
    (folder / "receipt.html.j2").write_text("<p>\n{{ name")
    found = render(str(folder / "receipt.html.j2"))
    assert found.code == 1
    assert "receipt.html.j2, line 2" in found.err


def test_broken_data_is_told_with_its_line(render: CommandLine, folder: Path) -> None:
    (folder / "data.json").write_text('{"name":\n "Ann",}')
    found = render("welcome", "-f", str(folder / "data.json"))
    assert (found.code, found.out) == (1, "")
    assert "data.json: is not JSON: " in found.err
    assert "(line 2, column " in found.err
    (folder / "data.json").write_text("[]")
    assert "must hold a JSON object" in render("welcome", "-f", str(folder / "data.json")).err
