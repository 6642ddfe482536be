from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telemetry import AddressPolicy, AddressView
from tests.support.untraced import takes_at_most

MASKED = AddressView("masked")
HASHED = AddressView("hashed")
FULL = AddressView("full")


def test_a_masked_address_keeps_its_first_letter_and_domain() -> None:
    assert MASKED.show("user@example.com") == "u***@example.com"


def test_a_hashed_address_is_twelve_digits_of_the_normalised_one() -> None:
    shown = HASHED.show("User@Example.com")

    assert shown == "b4c9a289323b"
    assert HASHED.show("user@example.com") == shown


def test_a_full_address_is_whole() -> None:
    assert FULL.show("user@example.com") == "user@example.com"


def test_masked_is_the_default() -> None:
    assert AddressView().policy is AddressPolicy.MASKED


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="secret"):
        AddressView("secret")


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("no address", "no address"),
        ("<ann@example.com>: User unknown", "<a***@example.com>: User unknown"),
        ("ann@example.com", "a***@example.com"),
        ("to ann@example.com, bob@example.org.", "to a***@example.com, b***@example.org."),
        ("mailto:ann.lee+x@mail.example.com?x", "mailto:a***@mail.example.com?x"),
        ('"ann lee"@example.com refused', "a***@example.com refused"),
        ("to=ann@example.com", "t***@example.com"),
        ("josé@exämple.com", "j***@exämple.com"),
        ("ann@[192.0.2.1] refused", "a***@[192.0.2.1] refused"),
        ("https://x.org/u?e=ann%40example.com&t=1", "https:***@example.com&t=1"),
        ("'ann@example.com'", "'a***@example.com'"),
        ("root@localhost", "r***@localhost"),
        ("bounce+ann=example.com@lists.org", "b***@lists.org"),
        ("at @ sign", "at @ sign"),
        ("ann@", "ann@"),
    ],
)
def test_addresses_inside_text_are_masked(text: str, scrubbed: str) -> None:
    assert scrubbed == MASKED.scrub(text)


def test_addresses_inside_text_are_hashed() -> None:
    assert HASHED.scrub("<user@example.com>: no") == "<b4c9a289323b>: no"


@pytest.mark.parametrize("view", [MASKED, HASHED, FULL])
def test_credentials_in_urls_always_disappear(view: AddressView) -> None:
    scrubbed = view.scrub("cannot reach smtp://user:p%40ss@relay.example.com:587/ now")

    assert scrubbed == "cannot reach smtp://relay.example.com:587/ now"


def test_full_leaves_the_addresses_in_text() -> None:
    assert FULL.scrub("<user@example.com>: no") == "<user@example.com>: no"


@given(
    st.text(max_size=60),
    st.from_regex(r"[a-z0-9][a-z0-9._+-]{3,30}", fullmatch=True),
    st.sampled_from([" ", "<", "(", "'", '"', ":", ",", "\n"]),
)
def test_no_address_survives_whatever_stands_around_it(before: str, local: str, mark: str) -> None:
    scrubbed = MASKED.scrub(f"{before}{mark}{local}@example.com{mark}x")

    assert f"{local}@" not in scrubbed


@pytest.mark.parametrize("unit", ["a", '"', "a@", '"a', "%40", "a.", "://"])
def test_long_hostile_text_takes_no_long_time(unit: str) -> None:
    text = unit * (100_000 // len(unit)) + "@"

    with takes_at_most(2):
        MASKED.scrub(text)
