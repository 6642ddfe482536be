"""A look at any record tells what it can and never fails."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.glimpse import Glimpse
from app.domain.record import Headers, Record
from app.intake.glimpse import glimpse
from tests.support.mails import envelope, flat


def seen(value: bytes | None, headers: Headers = ()) -> Glimpse:
    return glimpse(Record("dlq", 0, 0, 0, None, value, headers))


def test_both_shapes_are_read() -> None:
    mail = flat(1, type="receipt", cc=["Bob <bob@example.com>", "flat-1@example.com", "nobody"])
    assert seen(orjson.dumps(mail)) == Glimpse(
        "flat-1", "receipt", ("flat-1@example.com", "bob@example.com")
    )
    assert seen(orjson.dumps(envelope(2))) == Glimpse(
        "envelope-2", "password_reset", ("envelope-2@example.com",)
    )


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[]", b'{"message": 1}'])
def test_what_is_no_message_may_have_a_type_by_header(value: bytes | None) -> None:
    assert seen(value, (("type", b"receipt"),)) == Glimpse(type="receipt")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
fields = st.sampled_from(["id", "type", "to", "cc", "bcc", "message"])


@given(st.dictionaries(fields, json_values))
def test_no_value_stops_it(document: dict[str, object]) -> None:
    seen(orjson.dumps(document))
