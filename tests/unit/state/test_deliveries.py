"""What names a delivery."""

from __future__ import annotations

from app.state.deliveries import DIGEST_BYTES, id_digest, recipient_digest


def test_one_mailbox_has_one_name_however_its_address_is_written() -> None:
    assert recipient_digest("17", "Ann@Example.com") == recipient_digest("17", "ann@example.com")


def test_id_and_address_do_not_run_into_each_other() -> None:
    names = {
        recipient_digest("17", "ann@example.com"),
        recipient_digest("1", "7ann@example.com"),
        recipient_digest("18", "ann@example.com"),
        recipient_digest("17", "ben@example.com"),
        id_digest("17"),
        id_digest("17\0ann"),
    }
    assert len(names) == 6
    assert {len(name) for name in names} == {DIGEST_BYTES}


def test_what_is_no_valid_text_has_a_name_too() -> None:
    """JSON can carry lone surrogates."""
    assert id_digest("\ud800") != id_digest("17")
    assert recipient_digest("\ud800", "ann@example.com") != recipient_digest("17", "a@b.c")
