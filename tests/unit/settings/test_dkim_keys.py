"""Keys that sign mail: how they are named, and that bad ones end the start without being shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.settings import InvalidSettings, load
from app.settings.dkim_keys import DkimKeys
from tests.support.signing import KeyPair

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED = (
    "allowed: domain:selector:file, several by comma, one RSA and one Ed25519 key for a domain; "
    "each file a private key in PEM, not encrypted, RSA of 1024 to 4096 bits or Ed25519"
)
PAIRS = {
    "rsa": KeyPair.rsa(2048),
    "rsa2": KeyPair.rsa(1024),
    "ed": KeyPair.ed25519(),
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, pair in PAIRS.items():
        (tmp_path / name).write_bytes(pair.pem)
    (tmp_path / "with:colon").write_bytes(PAIRS["rsa"].pem)
    (tmp_path / "text").write_text("What is this?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop.example:s1:rsa", [("shop.example", "s1", "rsa-sha256")]),
        (" Shop.Example : S1 : rsa ", [("shop.example", "s1", "rsa-sha256")]),
        ("bücher.example:a.b-c_d:ed", [("xn--bcher-kva.example", "a.b-c_d", "ed25519-sha256")]),
        ("shop.example:s1:with:colon", [("shop.example", "s1", "rsa-sha256")]),
        (
            "shop.example:r:rsa, shop.example:e:ed,other.example:r:rsa",
            [
                ("shop.example", "r", "rsa-sha256"),
                ("shop.example", "e", "ed25519-sha256"),
                ("other.example", "r", "rsa-sha256"),
            ],
        ),
    ],
)
def test_takes(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert expected == [(key.domain, key.selector, key.algorithm) for key in DkimKeys().parse(text)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("shop.example", "item 1 is not domain:selector:file"),
        ("shop.example:s1:", "item 1 is not domain:selector:file"),
        ("shop.example:s1:rsa,", "item 2 is not domain:selector:file"),
        ("shop.example::rsa", "item 1 is not domain:selector:file"),
        ("shop.example:s 1:rsa", "item 1 has a selector that cannot stand in DNS"),
        ("shop.example:s..1:rsa", "item 1 has a selector that cannot stand in DNS"),
        ("shop..example:s1:rsa", "item 1 begins with what is no domain"),
        ("[192.0.2.1]:s1:rsa", "item 1 begins with what is no domain"),
        ("mail@shop.example:s1:rsa", "item 1 begins with what is no domain"),
        ("shop.example:s1:absent.pem", "absent.pem: no such file or directory"),
        ("shop.example:s1:.", r"\.: is a directory"),
        ("shop.example:s1:text", "text: holds no private key that can be read"),
        ("shop.example:a:rsa,SHOP.example:b:rsa2", "shop.example has two keys for rsa-sha256"),
        ("shop.example:a:rsa,shop.example:A:ed", "shop.example has the selector a twice"),
    ],
)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        DkimKeys().parse(text)


def problem(text: str) -> str:
    with pytest.raises(InvalidSettings) as refusal:
        load({"dkim_keys": text}, secrets_folder=None)
    (only,) = refusal.value.problems
    return str(only)


def test_a_problem_names_setting_file_and_what_is_allowed() -> None:
    assert (
        'DKIM_KEYS="shop.example:s1:text" (flag --dkim-keys): '
        f"text: holds no private key that can be read; {ALLOWED}"
    ) == problem("shop.example:s1:text")


def test_a_key_given_in_the_place_of_its_file_is_not_shown() -> None:
    said = problem(f"shop.example:s1:{PAIRS['rsa'].pem.decode()}")
    assert said.startswith('DKIM_KEYS="a private key" (flag --dkim-keys): holds a key itself')
    assert PAIRS["rsa"].pem.decode().split("\n")[1] not in said


def test_the_keys_are_not_in_their_text() -> None:
    (key,) = DkimKeys().parse("shop.example:s1:rsa")
    assert repr(key) == (
        "SigningKey(domain='shop.example', selector='s1', algorithm='rsa-sha256', bits=2048)"
    )


@pytest.mark.parametrize(
    ("keys", "sender", "notices"),
    [
        ("shop.example:s1:rsa", "Shop <mail@news.shop.example>", []),
        ("bücher.example:s1:ed", "mail@bücher.example", []),
        (
            "shop.example:s1:rsa2",
            None,
            ["DKIM_KEYS: the RSA key of shop.example has 1024 bits; 2048 are advised"],
        ),
        (
            "shop.example:s1:rsa",
            "mail@other.example",
            ["DKIM_KEYS has no key for the domain of EMAIL_FROM: mail from there is not signed"],
        ),
    ],
)
def test_what_is_odd_is_noticed(keys: str, sender: str | None, notices: list[str]) -> None:
    flags = {"dkim_keys": keys} | ({"email_from": sender} if sender else {})
    assert notices == list(load(flags, secrets_folder=None).notices)
