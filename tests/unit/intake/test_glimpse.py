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
from tests.support.records import event


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


def test_an_event_stands_in_for_what_its_message_lacks() -> None:
    bare = {name: value for name, value in flat(3).items() if name != "id"}
    told = Glimpse("event-3", "order.placed", ("flat-3@example.com",))
    assert seen(orjson.dumps(event(bare, id="event-3", type="order.placed"))) == told
    headers = {"ce_specversion": b"1.0", "ce_id": b"event-3", "ce_type": b"order.placed"}
    assert seen(orjson.dumps(bare), tuple(headers.items())) == told
    own = seen(orjson.dumps(event(flat(3, type="receipt"), id="event-3", type="order.placed")))
    assert (own.id, own.type) == ("flat-3", "receipt")


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[]", b'{"message": 1}'])
def test_what_is_no_message_may_have_a_type_by_header(value: bytes | None) -> None:
    assert seen(value, (("type", b"receipt"),)) == Glimpse(type="receipt")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
fields = st.sampled_from(["id", "type", "to", "cc", "bcc", "message", "specversion", "data"])


@given(st.dictionaries(fields, json_values))
def test_no_value_stops_it(document: dict[str, object]) -> None:
    seen(orjson.dumps(document))
