"""Fields of a record that we do not know."""

from __future__ import annotations

import logging

import pytest

from app.domain.message import Address
from app.intake.decode import Decoder, DecoderConfig
from tests.support.records import (
    ENVELOPE,
    flat,
    json_record,
)

ANN = Address("ann", "example.com")


def decoder(**ttl: float) -> Decoder:
    return Decoder(DecoderConfig(max_bytes=1_000_000, ttl=ttl))


def test_unknown_fields_are_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    mails = decoder()
    for _ in range(2):
        mails.decode(flat(colour="red"))
        mails.decode(json_record({**ENVELOPE, "trace\n": 1}))
    assert mails.unknown_fields == ("colour", "trace\\n")
    assert sorted(caplog.messages) == [
        f"ignoring the field {name}, which the wire contract does not have"
        for name in ("colour", "trace\\n")
    ]


def test_unknown_fields_are_remembered_up_to_a_bound() -> None:
    mails = decoder()
    mails.decode(flat(**{f"{number:03}" + "x" * 1000: 1 for number in range(300)}))
    assert len(mails.unknown_fields) == 100
    assert max(map(len, mails.unknown_fields)) == 60


def test_the_envelopes_own_fields_are_known() -> None:
    mails = decoder()
    mails.decode(json_record(ENVELOPE))
    assert mails.unknown_fields == ()


@pytest.mark.parametrize("name", ["to", "cc", "bcc"])
def test_recipients_beside_a_message_field_make_a_flat_record(name: str) -> None:
    mail = flat(**{"to": ..., name: "ann@example.com", "message": {"to": "eve@example.com"}})
    assert decoder().decode(mail).recipients == (ANN,)
