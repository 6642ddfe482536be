"""Whatever the bytes, a record is decoded or refused, and nothing else happens."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidMessage
from app.intake.decode import Decoder, DecoderConfig
from tests.support.records import EVENT, FLAT, json_record, record

if TYPE_CHECKING:
    from app.domain.record import Record

DECODER = Decoder(DecoderConfig(1_000_000, {"password_reset": 3600.0}))

KEYS = st.sampled_from([*FLAT, "from", "cc", "headers", "attachments", "message", "data", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["mail-attempt", "mail-origin", "mail-recipients", "mail-first-seen", "x"]),
        st.binary(max_size=20) | st.sampled_from([b"1", b"a/0/1", b'["ann@example.com"]']),
    ),
    max_size=3,
).map(tuple)
EVENT_KEYS = st.sampled_from([*EVENT, "data", "data_base64", "to"])
EVENT_HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["ce_specversion", "ce_id", "ce_type", "content-type", "type"]),
        st.binary(max_size=20) | st.sampled_from([b"1.0", b"application/cloudevents+json"]),
    ),
    max_size=4,
).map(tuple)


@given(value=st.binary(max_size=200), headers=HEADERS)
def test_any_bytes_are_decoded_or_refused(
    value: bytes, headers: tuple[tuple[str, bytes], ...]
) -> None:
    decoded_or_refused(record(value, headers))


@given(document=st.dictionaries(KEYS, VALUES, max_size=6), headers=HEADERS)
def test_any_document_is_decoded_or_refused(
    document: dict[str, Any], headers: tuple[tuple[str, bytes], ...]
) -> None:
    decoded_or_refused(json_record(document, headers))


@given(field=KEYS, value=VALUES)
def test_any_value_of_any_field_is_decoded_or_refused(field: str, value: object) -> None:
    decoded_or_refused(json_record({**FLAT, field: value}))


@given(at=st.integers(0, 200), bits=st.integers(1, 255), text=st.text(max_size=30))
def test_any_flipped_bit_is_decoded_or_refused(at: int, bits: int, text: str) -> None:
    value = bytearray(orjson.dumps({**FLAT, "html": text}))
    value[at % len(value)] ^= bits
    decoded_or_refused(record(bytes(value)))


@given(
    attributes=st.dictionaries(EVENT_KEYS, VALUES, max_size=4),
    data=st.just(FLAT) | st.dictionaries(KEYS, VALUES, max_size=6) | VALUES,
    headers=EVENT_HEADERS,
)
def test_any_event_is_decoded_or_refused(
    attributes: dict[str, Any], data: object, headers: tuple[tuple[str, bytes], ...]
) -> None:
    decoded_or_refused(json_record({**EVENT, "data": data, **attributes}, headers))
    decoded_or_refused(json_record(data, headers))


@given(data=st.binary(max_size=100), headers=EVENT_HEADERS)
def test_any_encoded_data_of_an_event_are_decoded_or_refused(
    data: bytes, headers: tuple[tuple[str, bytes], ...]
) -> None:
    decoded_or_refused(json_record({**EVENT, "data_base64": b64encode(data).decode()}, headers))


def decoded_or_refused(mail: Record) -> None:
    try:
        found = DECODER.decode(mail)
    except InvalidMessage as error:
        assert error.reason  # noqa: PT017 - being refused is one of the two that are right
    else:
        assert found.recipients
