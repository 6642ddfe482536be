"""What is accepted as a mail address, and what its refusal says."""

from __future__ import annotations

from typing import Any

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.addresses import mask_address, parse_address, parse_addresses
from app.domain.errors import InvalidMessage
from app.domain.message import Address


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("ann@example.com", Address("ann", "example.com")),
        (" ann@example.com ", Address("ann", "example.com")),
        ("<ann@example.com>", Address("ann", "example.com")),
        ("Ann <ann@example.com>", Address("ann", "example.com", "Ann")),
        ("Ann<ann@example.com>", Address("ann", "example.com", "Ann")),
        ("Ann\tLee <ann@example.com>", Address("ann", "example.com", "Ann Lee")),
        ("Lee, Ann <ann@example.com>", Address("ann", "example.com", "Lee, Ann")),
        ('"Lee, \\"A\\" <x>" <ann@example.com>', Address("ann", "example.com", 'Lee, "A" <x>')),
        ('Ann "Nan" Lee <ann@example.com>', Address("ann", "example.com", "Ann Nan Lee")),
        ("ann@x.test <ann@example.com>", Address("ann", "example.com", "ann@x.test")),
        ("=?utf-8?q?J=C3=B6rg?= <j@example.com>", Address("j", "example.com", "Jörg")),
        ("Jörg <j@example.com>", Address("j", "example.com", "Jörg")),
        ({"name": "Ann", "address": "ann@example.com"}, Address("ann", "example.com", "Ann")),
        ({"name": None, "address": "ann@example.com"}, Address("ann", "example.com")),
        ({"address": "ann@example.com"}, Address("ann", "example.com")),
        ("Ann.Lee+tag@EXAMPLE.Com", Address("Ann.Lee+tag", "example.com")),
        ("ann@EXÄMPLE.de", Address("ann", "xn--exmple-cua.de")),
        ("jörg@example.com", Address("jörg", "example.com")),
        ("ann@localhost", Address("ann", "localhost")),
        ("ann@mail.local", Address("ann", "mail.local")),
        ("ann@shop.test", Address("ann", "shop.test")),
        ("ann@shop.invalid", Address("ann", "shop.invalid")),
        ("ann@[192.0.2.1]", Address("ann", "[192.0.2.1]")),
        ('"a b"@example.com', Address('"a b"', "example.com")),
        ('Ann <"a<b@"@example.com>', Address('"a<b@"', "example.com", "Ann")),
        ("a" * 64 + "@example.com", Address("a" * 64, "example.com")),
    ],
)
def test_accepts(given_as: object, expected: Address) -> None:
    assert expected == parse_address(given_as, "to")


@pytest.mark.parametrize(
    ("given_as", "field", "reason"),
    [
        ("", "to", "must have an @-sign"),
        ("ann", "to", "must have an @-sign"),
        ("@example.com", "to", "something before"),
        ("ann@", "to", "something after"),
        ("ann@exa mple.com", "to", "invalid characters"),
        ("ann lee@example.com", "to", "invalid characters"),
        ("a..b@example.com", "to", "two periods"),
        ("ann@example..com", "to", "two periods"),
        ("ann@-example.com", "to", "hyphen"),
        ("ann@exam_ple.com", "to", "invalid characters"),
        ("ann@xn--a", "to", "IDN"),
        ("a" * 65 + "@example.com", "to", "too long"),
        ("é" * 33 + "@example.com", "to", "too long"),
        ("ann@" + "b" * 64 + ".com", "to", "so many characters"),
        ("a" * 60 + "@" + ("b" * 49 + ".") * 4 + "com", "to", "too long"),
        ("a" * 100_000 + "@example.com", "to", "too long"),
        ("ann@example.com\n", "to", "control character (U+000A)"),
        ("ann@example.com\r\nBcc: eve@example.com", "to", "control character (U+000D)"),
        ("ann\0@example.com", "to", "control character (U+0000)"),
        ("Ann\r\nBcc: eve@example.com <ann@example.com>", "to", "control character (U+000D)"),
        ("Ann\u2028Lee <ann@example.com>", "to", "control character (U+2028)"),
        ("Ann\ud800 <ann@example.com>", "to", "control character (U+D800)"),
        ("=?utf-8?q?A=0D=0ABcc:_eve?= <ann@example.com>", "to", "control character (U+000D)"),
        ("=?klingon?q?A?= <ann@example.com>", "to", "encoded word"),
        ("A" * 501 + " <ann@example.com>", "to", "longer than 500"),
        ("A" * 5000 + " <ann@example.com>", "to", "too long"),
        ("a@example.com, b@example.com", "to", "several addresses: use a list"),
        ("a@example.com, Bob <b@example.com>", "to", "several addresses: use a list"),
        ("Ann <<ann@example.com>>", "to", "Name <address>"),
        ('"Ann <ann@example.com>', "to", "Name <address>"),
        (None, "to", "must be a mail address"),
        (7, "to", "must be a mail address"),
        (["ann@example.com"], "to", "must be a mail address"),
        ({}, "to.address", "must be a string"),
        ({"address": 7}, "to.address", "must be a string"),
        ({"address": "Ann <a@example.com>"}, "to.address", "is not a mail address"),
        ({"name": 7, "address": "a@example.com"}, "to.name", "must be a string"),
        ({"name": "A\r\nBcc: x", "address": "a@example.com"}, "to.name", "control character"),
    ],
)
def test_refuses_and_says_why(given_as: object, field: str, reason: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        parse_address(given_as, "to")
    assert field == refused.value.field
    assert reason in refused.value.reason
    assert len(refused.value.reason) < 300


def test_a_refusal_masks_the_address() -> None:
    with pytest.raises(InvalidMessage) as refused:
        parse_address("hidden.person@exam_ple.com", "to")
    assert "h***@exam_ple.com" in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_a_refusal_of_an_idn_does_not_quote_it() -> None:
    with pytest.raises(InvalidMessage) as refused:
        parse_address("ann@sec\u0378ret.com", "to")
    assert "sec" not in refused.value.reason


def test_a_list_names_the_bad_entry() -> None:
    with pytest.raises(InvalidMessage) as refused:
        parse_addresses(["a@example.com", "b"], "cc")
    assert refused.value.field == "cc[1]"


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        (None, ()),
        ([], ()),
        ("a@x.test", (Address("a", "x.test"),)),
        ({"address": "a@x.test"}, (Address("a", "x.test"),)),
        (["a@x.test", "B <b@x.test>"], (Address("a", "x.test"), Address("b", "x.test", "B"))),
    ],
)
def test_one_or_a_list(given_as: object, expected: tuple[Address, ...]) -> None:
    assert expected == parse_addresses(given_as, "to")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("user@example.com", "u***@example.com"),
        ("user", "***"),
        ('"x y"@example.com', "***@example.com"),
        ("user@[192.0.2.1]", "u***@[192.0.2.1]"),
        ("user@a\nb", "u***@***"),
    ],
)
def test_mask(spec: str, expected: str) -> None:
    assert expected == mask_address(spec)


LOCALS = st.text("abcXYZ019.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=70)
DOMAINS = st.text("abcXYZ019.-ä", min_size=1, max_size=70)


@given(LOCALS, DOMAINS)
def test_agrees_with_the_library_on_plain_addresses(local: str, domain: str) -> None:
    """The short way around the library for plain local parts changes no verdict."""
    expected: str | None
    try:
        expected = email_validator.validate_email(
            f"{local}@{domain}",
            check_deliverability=False,
            globally_deliverable=False,
            strict=True,
        ).ascii_domain
    except email_validator.EmailNotValidError:
        expected = None
    try:
        actual = parse_address(f"{local}@{domain}", "to").domain
    except InvalidMessage:
        actual = None
    assert expected == actual


@given(st.text(max_size=80) | st.text('"<>@\\ ,a=?.', max_size=80))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        address = parse_address(text, "to")
    except InvalidMessage as refused:
        assert refused.field == "to"  # noqa: PT017 - both ends are fine, nothing else is
    else:
        assert address.domain.isascii()
        assert address.spec == parse_address(address.spec, "to").spec


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["name", "address", "x"]), x),
    )
)
def test_any_value_is_parsed_or_refused(value: Any) -> None:
    try:
        assert isinstance(parse_addresses(value, "to"), tuple)
    except InvalidMessage as refused:
        assert refused.field.startswith("to")  # noqa: PT017 - as above
