from __future__ import annotations

import pytest

from app.domain.address_digest import address_digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        (" ann@example.com ", "ann@example.com"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
    ],
)
def test_one_mailbox_has_one_digest(one: str, other: str) -> None:
    assert address_digest(one) == address_digest(other)


def test_different_mailboxes_have_different_digests() -> None:
    assert address_digest("ann@example.com") != address_digest("bob@example.com")


def test_the_digest_is_sha_256_in_hexadecimal() -> None:
    expected = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"
    assert expected == address_digest("user@example.com")
