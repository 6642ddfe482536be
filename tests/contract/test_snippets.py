"""What the documents show is right: messages, settings, commands, rules, templates, code.

Shell snippets are run where nothing but this machine is needed for it; the tutorial's are run by
`tests/integration/test_tutorial.py`. Of the others `NOT_RUN` says why not, for each command. What
calls `kafka-mailer` is given to the command line all the same, which refuses a verb or a flag that
it does not know.
"""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Final

import click
import jinja2
import orjson
import pytest

from app.cli.main import root
from app.intake.decode import Decoder, DecoderConfig
from app.settings import load, options, read_rules
from tests.support.environment import leave_own_settings
from tests.support.example_files import with_files
from tests.support.pages import DOCS, PROJECT, Snippet, all_snippets
from tests.support.records import json_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# In the line before a block of JSON that is no message.
NO_MESSAGE: Final = "not a message"
RUN: Final = frozenset({"openssl", "chmod", "tail", "echo"})
NOT_RUN: Final = {
    "kafka-mailer": "needs Kafka; verb and flags are checked here, its work by tests of its own",
    "make": "sets up or starts more than a snippet's test may; the target is looked for",
    "docker": "needs an engine and an image; tests/containers runs the image",
    "curl": "needs a running service; tests/integration/test_operations.py asks the same",
    "api()": "as curl, which it calls",
    "api": "as curl, which it calls",
    "kafka-acls.sh": "needs a Kafka with an authorizer, and its tools",
    "$acl": "as kafka-acls.sh, which it stands for",
    "jq": "reads what kafka-mailer prints",
    "eval": "takes what kafka-mailer prints into a shell",
    "kubectl": "needs a cluster",
    "systemctl": "needs systemd and root",
    "journalctl": "as systemctl",
    "install": "needs root",
    "pip": "would change what the tests run in",
    "python3": "as pip: it makes an environment",
    "pre-commit": "would change the clone",
    "git": "as pre-commit",
    "generate": "stands for a program of the reader's",
}
SHELL: Final = [each for each in all_snippets("sh") if each.page != DOCS / "tutorial.md"]
TARGETS: Final = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


def ids(each: Snippet) -> str:
    return str(each)


def commands(text: str) -> Iterator[list[str]]:
    """The words of each simple command of a script; assignments and comments left out."""
    joined = re.sub(r"\\\n", " ", text)
    for line in joined.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if not set(word) <= set("|&;") or not word:
                words.append(word)
                continue
            while words and re.match(r"[A-Za-z_]+=", words[0]):
                words.pop(0)
            if words and words[0] not in {"{", "}"}:
                yield words
            words = []


@pytest.mark.parametrize("snippet", SHELL, ids=ids)
def test_a_shell_snippet_is_run_or_says_why_not(snippet: Snippet) -> None:
    names = {words[0].rpartition("/")[2] for words in commands(snippet.text)}
    assert names, f"{snippet}: settings are `env`, what is said has no language"
    assert names <= RUN | NOT_RUN.keys()


def test_the_snippets_that_need_nothing_else_run(tmp_path: Path) -> None:
    """One after the other: a page's later ones use what its earlier ones made."""
    ran = 0
    for snippet in SHELL:
        if {words[0] for words in commands(snippet.text)} <= RUN:
            ended = subprocess.run(
                ["bash", "-o", "errexit", "-o", "pipefail", "-c", snippet.text],
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, (str(snippet), ended.stderr)
            ran += 1
    assert ran


@pytest.mark.parametrize("snippet", SHELL, ids=ids)
def test_our_own_commands_have_these_verbs_and_flags(
    snippet: Snippet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    leave_own_settings(monkeypatch, tmp_path)
    for words in commands(snippet.text):
        called = words
        if words[0] == "docker" and "kafka-mailer" in words[2:]:
            called = words[words.index("kafka-mailer", 2) :]
            if words[1] == "run":  # the image's name, then flags or a verb
                called = ["kafka-mailer", *called[1:]]
        if called[0].rpartition("/")[2] == "kafka-mailer":
            _understood(called[1:])
        elif words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= TARGETS, words


def _understood(arguments: list[str]) -> None:
    """The command line takes these; files that they name need not be there."""
    command: click.Command = root
    context = click.Context(root, info_name="kafka-mailer")
    rest = [word for word in arguments if not re.fullmatch(r"\d?[<>].*", word)]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        assert found is not None, f"no such command: {' '.join(arguments)}"
        command, rest = found, rest[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    parser = command.make_parser(context)
    try:
        parser.parse_args(list(rest))
    except click.UsageError as error:
        if rest != ["--help"]:
            raise AssertionError(f"{' '.join(arguments)}: {error.message}") from error


@pytest.mark.parametrize("snippet", all_snippets("json"), ids=ids)
def test_json_is_json_and_a_message_where_it_is_to_be_one(snippet: Snippet) -> None:
    document = orjson.loads(snippet.text)
    if NO_MESSAGE not in snippet.mark:
        decoder = Decoder(DecoderConfig(max_bytes=10_000))
        assert decoder.decode(json_record(document)).recipients


@pytest.mark.parametrize("snippet", all_snippets("env"), ids=ids)
def test_settings_are_taken(
    snippet: Snippet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    leave_own_settings(monkeypatch, tmp_path)
    # A list may be shown with a line for each of its items.
    text = re.sub(r",\n(?!#)(?=[a-z])", ",", with_files(snippet.text, tmp_path))
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    names = set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE))
    known = {each.variable for each in options()} | {each.file_variable for each in options()}
    assert names
    assert names <= known
    loaded = load(secrets_folder=None)
    assert len(loaded.given) >= len(names)


@pytest.mark.parametrize("snippet", all_snippets("toml"), ids=ids)
def test_rules_are_taken(snippet: Snippet, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(snippet.text, encoding="utf-8")
    assert read_rules(tmp_path / "rules.toml")


@pytest.mark.parametrize("snippet", all_snippets("jinja", "xml"), ids=ids)
def test_templates_are_jinja(snippet: Snippet) -> None:
    # A parser alone; nothing is rendered by it.
    environment = jinja2.Environment(autoescape=True)
    environment.filters["paragraphs"] = str
    assert environment.parse(snippet.text).body


@pytest.mark.parametrize("snippet", all_snippets("python"), ids=ids)
def test_python_is_python(snippet: Snippet) -> None:
    compile(snippet.text, str(snippet), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_every_language_has_its_test() -> None:
    tried = {"sh", "json", "env", "toml", "jinja", "xml", "python", "text", ""}
    assert {str(each) for each in all_snippets() if each.language not in tried} == set()
