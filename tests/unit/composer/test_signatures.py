"""What is signed holds for receivers, and breaks by what must break it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dkim.canonicalization
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from app.composer.canonical import relaxed_body, relaxed_header
from app.domain.message import Address, Attachment, Unsubscribe
from app.domain.signing_key import RSA, SigningKey
from tests.support.signing import KeyPair, signatures, verified
from tests.unit.composer.mails import (
    BOB,
    NOW,
    TRAIL,
    compose,
    header_lines,
    message,
    read,
    refusal,
)

if TYPE_CHECKING:
    from app.domain.smtp import Composed

RSA_PAIR, ED25519_PAIR = KeyPair.rsa(), KeyPair.ed25519()
DNS = {"r1.shop.example": RSA_PAIR.record, "e1.shop.example": ED25519_PAIR.record}
SUBSCRIBED = Unsubscribe("https://shop.example/u?t=1", "u@shop.example", one_click=True)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=400)
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)


def composer(*keys: SigningKey, default_from: str = "mail@shop.example") -> Composer:
    return Composer(ComposerConfig(default_from=default_from, signing_keys=keys))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[SigningKey]:
    folder = tmp_path_factory.mktemp("keys")
    return [
        RSA_PAIR.signing_key(folder, "shop.example", "r1"),
        ED25519_PAIR.signing_key(folder, "shop.example", "e1"),
    ]


@pytest.fixture(scope="module")
def both(keys: list[SigningKey]) -> Composer:
    return composer(*keys)


@pytest.fixture(scope="module")
def signed(both: Composer) -> bytes:
    """A mail with every header that a signature covers, in its widest form."""
    return compose(
        both,
        subject="Greetings  to you",
        text="Hello  Ann,\n\tthere it is. \n\n\n",
        cc=(BOB,),
        reply_to=(BOB,),
        unsubscribe=SUBSCRIBED,
        headers={"X-Campaign": "autumn", "Feedback-ID": "autumn:shop"},
    ).content


def test_with_keys_of_both_kinds_a_mail_has_two_signatures_and_both_hold(both: Composer) -> None:
    composed = compose(both)
    assert [True, True] == verified(composed.content, DNS)
    assert [RSA, "ed25519-sha256"] == [
        line.partition("a=")[2].partition(";")[0]
        for line in header_lines(composed)
        if line.startswith("DKIM-Signature: ")
    ]


def test_the_signatures_are_read_as_headers_in_short_lines(both: Composer) -> None:
    composed = compose(both, unsubscribe=SUBSCRIBED)
    assert max(map(len, header_lines(composed))) <= 76
    first = read(composed).get_all("DKIM-Signature", [])[0]
    tags: dict[str, str] = {}
    for tag in str(first).split(";"):
        name, _, value = tag.strip().partition("=")
        tags[name] = value
    assert ("1", "relaxed/relaxed", "shop.example", "r1", str(int(NOW.timestamp()))) == tuple(
        tags[name] for name in ("v", "c", "d", "s", "t")
    )
    names = [name.strip() for name in tags["h"].split(":")]
    assert (names.count("From"), names.count("Reply-To")) == (2, 1)
    assert {"List-Unsubscribe", "List-Unsubscribe-Post"} < set(names)


@given(subject=LINES, text=TEXTS, html=TEXTS, name=LINES)
@settings(max_examples=40)
def test_any_mail_is_signed_so_that_it_holds(
    subject: str, text: str, html: str, name: str, keys: list[SigningKey]
) -> None:
    # By one key only, and by that which takes less time.
    composed = compose(
        composer(keys[1]),
        subject=subject,
        text=text,
        html=html,
        sender=Address("mail", "shop.example", name.strip()),
        headers={"References": "<a@b.example>", "X-Note": name},
        attachments=(Attachment(name, "text/plain", text.encode()),),
    )
    read(composed)
    assert [True] == verified(composed.content, DNS)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": ""},
        {"text": "\n\n\n"},
        {"text": " \t \n \n"},
        {"to": (Address("jörg", "example.com"),), "subject": "Grüße"},
        {"to": (), "bcc": (BOB,)},
        {"unsubscribe": Unsubscribe("https://shop.example/u?" + "t" * 900)},
        {"attachments": (Attachment("m.eml", "message/rfc822", b"A: b \n\nHello \t \n \n\n"),)},
    ],
)
def test_odd_mails_are_signed_so_that_they_hold(fields: dict[str, Any], both: Composer) -> None:
    assert [True, True] == verified(compose(both, **fields).content, DNS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Hello", b"Hullo"),
        (b"\r\nSubject: ", b"\r\nSubject: Re: "),
        (b"\r\nFrom: ", b"\r\nFrom: eve@evil.example\r\nFrom: "),
        (b"\r\nFrom: ", b"\r\nX-A: b\r\nSubject: Another\r\nFrom: "),
        (b"\r\nDate: ", b"\r\nContent-Type: text/html\r\nDate: "),
        (b"<bob@example.org>", b"<eve@evil.example>"),
        (b"https://shop.example/u", b"https://evil.example/u"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=No"),
        (b"\r\nList-Unsubscribe-Post: ", b"\r\nX-List-Unsubscribe-Post: "),
        (b"autumn:shop", b"winter:shop"),
    ],
)
def test_what_a_receiver_relies_on_cannot_be_changed_or_added(
    old: bytes, new: bytes, signed: bytes
) -> None:
    old = old if old in signed else old.strip(b"<>")
    assert old in signed
    assert [False, False] == verified(signed.replace(old, new, 1), DNS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\r\nDate: ", b"\r\nReceived: from a by b; now\r\nX-Trace: 1\r\nDate: "),
        (b"\r\nSubject: Greetings  to you", b"\r\nSUBJECT:\r\n\tGreetings to\r\n  you "),
        (b"Hello  Ann,\r\n", b"Hello \t Ann,  \r\n"),
        (b"\r\n\r\n", b"\r\nX-Spam: no\r\n\r\n"),
        (b"\r\nDate: Sat, 22 Nov 2025", b"\r\nDate: Sun, 23 Nov 2025"),
        (b"X-Campaign: autumn\r\n", b""),
    ],
)
def test_what_relays_do_breaks_nothing(old: bytes, new: bytes, signed: bytes) -> None:
    assert old in signed
    assert [True, True] == verified(signed.replace(old, new, 1), DNS)
    assert [True, True] == verified(signed + b"\r\n\r\n", DNS)


def test_a_relay_may_replace_the_message_id(both: Composer) -> None:
    composed = compose(both)
    replaced = composed.content.replace(composed.message_id.encode(), b"<other@relay.example>")
    assert [True, True] == verified(replaced, DNS)


@pytest.mark.parametrize(
    ("sender", "domains"),
    [
        ("shop.example", ["shop.example"]),
        ("news.shop.example", ["news.shop.example"]),
        ("a.b.news.shop.example", ["news.shop.example"]),
        ("other.shop.example", ["shop.example"]),
        ("myshop.example", []),
        ("example", []),
        ("elsewhere.example", []),
    ],
)
def test_the_domain_of_from_signs_or_the_nearest_above_it(sender: str, domains: list[str]) -> None:
    keys = [
        SigningKey(domain, "s", RSA, 2048, lambda data: data[-9:])
        for domain in ("shop.example", "news.shop.example")
    ]
    lines = header_lines(compose(composer(*keys), sender=Address("mail", sender)))
    assert domains == [line[3:-1] for line in lines if line.startswith(" d=")]


def test_without_keys_nothing_is_signed() -> None:
    assert signatures(compose(composer()).content) == 0


def test_signatures_count_to_the_size(keys: list[SigningKey]) -> None:
    text = "x" * 600
    plain = ComposerConfig(default_from="mail@shop.example", max_bytes=1500)
    assert signatures(compose(Composer(plain), text=text).content) == 0
    error = refusal(Composer(replace(plain, signing_keys=tuple(keys))), text=text)
    assert "at most 1500 allowed" in error.reason


def test_the_estimate_counts_the_longest_signatures() -> None:
    domain = ".".join(["d" * 60] * 3 + ["example"])
    keys = [
        SigningKey(domain, "s" * 60, kind, 4096, lambda data: data.ljust(512)[:512])
        for kind in (RSA, "ed25519-sha256")
    ]
    names = ("In-Reply-To", "References", "List-Id", "List-Help", "List-Subscribe", "List-Post")
    made = message(
        sender=Address("mail", domain),
        headers=dict.fromkeys(names, "x"),
        unsubscribe=SUBSCRIBED,
        text="x" * 100,
    )
    composed = composer(*keys).compose(made, TRAIL, made.to, now=NOW)
    plain = composer().compose(made, TRAIL, made.to, now=NOW)
    added = composer(*keys).estimate(made) - composer().estimate(made)
    assert len(composed.content) - len(plain.content) <= added


def aside(composer: Composer) -> Composed:
    made = message()
    return asyncio.run(composer.compose_aside(made, TRAIL, made.to, now=NOW))


def test_the_loop_goes_on_while_rsa_signs() -> None:
    loop_went_on = threading.Event()

    def sign(data: bytes) -> bytes:
        assert loop_went_on.wait(30)
        return b"signature"

    async def compose_and_go_on() -> Composed:
        made = message()
        slow = composer(SigningKey("shop.example", "s", RSA, 2048, sign))
        composing = asyncio.ensure_future(slow.compose_aside(made, TRAIL, made.to, now=NOW))
        asyncio.get_running_loop().call_soon(loop_went_on.set)
        return await composing

    assert signatures(asyncio.run(compose_and_go_on()).content) == 1


def test_what_signs_quickly_or_not_at_all_needs_no_thread(keys: list[SigningKey]) -> None:
    where = []

    def sign(data: bytes) -> bytes:
        where.append(threading.current_thread())
        return b"signature"

    aside(composer(SigningKey("shop.example", "s", "ed25519-sha256", 256, sign)))
    assert where == [threading.main_thread()]
    assert signatures(aside(composer()).content) == 0
    assert [True, True] == verified(aside(composer(*keys)).content, DNS)


BODIES = st.lists(
    st.text("aX. \t\f=\u00e9", max_size=12).map(str.encode) | st.sampled_from([b"", b" ", b"\t"])
)


@given(BODIES)
@example([b"X", b""])
@example([b"a\f", b""])
def test_the_relaxed_body_is_the_verifiers(lines: list[bytes]) -> None:
    body = b"".join(line + b"\r\n" for line in lines)
    expected = dkim.canonicalization.Relaxed.canonicalize_body(body) if body else b""
    assert expected == relaxed_body(body)


@given(st.text("abX \t:\u00e9", max_size=40), st.booleans())
def test_the_relaxed_header_is_the_verifiers(value: str, folded: bool) -> None:
    if folded:
        value = value.replace(" ", "\r\n ")
    ((name, expected),) = dkim.canonicalization.Relaxed.canonicalize_headers(
        [(b"Subject", value.encode())]
    )
    head = relaxed_header(f"Subject:{value}\r\n")
    assert (name + b":" + expected).decode() == head["subject"] + "\r\n"
