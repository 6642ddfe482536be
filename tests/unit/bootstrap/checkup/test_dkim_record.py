"""DKIM's records held against the keys that sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.bootstrap.checkup.dkim_record import KeyRecord, holds
from tests.support.signing import KeyPair

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module", params=["rsa", "ed25519"])
def pair(request: pytest.FixtureRequest) -> KeyPair:
    return KeyPair.rsa(1024) if request.param == "rsa" else KeyPair.ed25519()


def test_a_record_fits_its_own_key_and_no_other(pair: KeyPair, tmp_path: Path) -> None:
    record = KeyRecord.read([pair.record])
    assert holds(record, pair.signing_key(tmp_path, "example.com", "own"))
    for other in (KeyPair.rsa(1024), KeyPair.ed25519()):
        assert not holds(record, other.signing_key(tmp_path, "example.com", "other"))


def test_spaces_within_the_key_are_of_no_matter(pair: KeyPair, tmp_path: Path) -> None:
    key = pair.record.partition("p=")[2]
    spaced = pair.record.replace(key, f"{key[:20]} {key[20:]}")
    assert holds(KeyRecord.read([spaced]), pair.signing_key(tmp_path, "example.com", "own"))


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (("v=DKIM1; p=AA", "v=DKIM1; p=AA"), "there are 2"),
        (("v=DKIM2; p=AA",), "v=DKIM2"),
        (("v=DKIM1; k=rsa",), "p= is missing"),
        (("v=DKIM1; p=",), "revokes"),
        (("v=DKIM1; h=sha1; p=AA",), "leaves out sha256"),
        (("v=DKIM1; p=A",), "is not base64"),
    ],
)
def test_records_that_receivers_cannot_use(records: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        KeyRecord.read(records)


def test_what_is_no_key_at_all(tmp_path: Path) -> None:
    for pair in (KeyPair.rsa(1024), KeyPair.ed25519()):
        kind = "rsa" if "k=rsa" in pair.record else "ed25519"
        record = KeyRecord.read([f"k={kind}; p=AAAA"])
        with pytest.raises(ValueError, match=f"no key of kind {kind}"):
            holds(record, pair.signing_key(tmp_path, "example.com", kind))
