"""What `suppressions` refuses before it asks Kafka anything, and how it reads addresses."""

from __future__ import annotations

import pytest

from app.cli.main import run_command_line
from app.cli.suppressions.subjects import once_each, read_lines, subject
from app.domain.address_digest import address_digest, raw_digest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add"], "No address"),
        (["remove"], "No address"),
        (["check"], "Missing argument"),
        (["check", "ann"], "ADDRESS: is not a mail address"),
        (["add", "ann@example.com", "no"], "ADDRESS: is not a mail address"),
        (["add", "ann@example.com", "--for", "soon"], "--for: not a number"),
        (["add", "ann@example.com", "--for", "99999999999999d"], "allowed: a duration"),
        (["add", "ann@example.com", "--for", "0s"], "over already"),
        (["add", "ann@example.com", "--until", "2020-01-01T00:00:00Z"], "over already"),
        (["add", "ann@example.com", "--until", "2099-01-01T00:00:00"], "--until: not a time"),
        (["add", "ann@example.com", "--for", "1d", "--until", "x"], "give one of them"),
        (["add", "--file", "/nowhere"], "/nowhere"),
        (["list", "--source", "spam"], "'spam' is not one of"),
        (["list", "--email-suppressions-topic", ""], "EMAIL_SUPPRESSIONS_TOPIC is empty"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_wrong_usage_ends_with_2_before_kafka_is_asked(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["suppressions", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["list", "add", "remove", "check"])
def test_every_verb_of_it_ends_its_help_with_examples(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["suppressions", verb, "--help"]) == 0
    shown = capsys.readouterr().out.rsplit("Examples:", 1)[1]
    assert f"kafka-mailer suppressions {verb}" in shown


def test_an_address_is_named_by_its_digest_however_it_is_written() -> None:
    for text in ("ann@example.com", "Ann <ANN@Example.com>", address_digest("ann@example.com")):
        assert raw_digest("ann@example.com") == subject(text).digest
    assert subject("ann@bücher.example").digest == raw_digest("ann@xn--bcher-kva.example")


def test_nothing_that_is_shown_tells_an_address() -> None:
    assert subject("ann.miller@example.com").shown == "a***@example.com"


def test_lines_without_an_address_are_named_and_the_others_are_read() -> None:
    found, wrong = read_lines([b"\xef\xbb\xbfann@example.com\r\n", b"\n", b"no\n", b"\xff\n"])
    assert [(each.line, each.digest) for each in found] == [(1, raw_digest("ann@example.com"))]
    assert [each.line for each in wrong] == [3, 4]


def test_an_address_given_twice_counts_once() -> None:
    both = [subject("ann@example.com", 1), subject("ANN@example.com", 2)]
    assert [each.line for each in once_each(both).values()] == [1]
