"""Whatever right values a producer writes, the message has them."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.domain.message import Address
from app.intake.decode import Decoder, DecoderConfig
from tests.support.records import FLAT, binary_event, event, flat, json_record

DECODER = Decoder(DecoderConfig(max_bytes=1_000_000))

LOCALS = st.from_regex(r"[a-z0-9]{1,20}(\.[a-z0-9]{1,20})?", fullmatch=True)
DOMAINS = st.from_regex(r"[a-z][a-z0-9]{0,20}\.(com|test|local)", fullmatch=True)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=30)
LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=80)
BODIES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
PEOPLE = st.builds(Address, LOCALS, DOMAINS, NAMES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | LINES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINES, inner, max_size=3),
    max_leaves=8,
)


@given(
    to=st.lists(PEOPLE, min_size=1, max_size=4),
    cc=st.lists(PEOPLE, max_size=2),
    subject=LINES,
    text=BODIES,
    html=BODIES,
    metadata=st.dictionaries(LINES, JSON, max_size=3),
    tags=st.lists(LINES, max_size=3),
    at=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds of hypothesis are naive
    content=st.binary(max_size=50),
)
def test_everything_comes_back_as_it_was_given(
    to: list[Address],
    cc: list[Address],
    subject: str,
    text: str,
    html: str,
    metadata: dict[str, Any],
    tags: list[str],
    at: datetime,
    content: bytes,
) -> None:
    mail = flat(
        to=[{"name": each.name, "address": each.spec} for each in to],
        cc=[f"{_quoted(each.name)} <{each.spec}>" for each in cc],
        subject=subject,
        text=text,
        html=html,
        metadata=metadata,
        tags=tags,
        expires_at=at.isoformat(),
        attachments=[{"filename": "f", "content": b64encode(content).decode()}],
    )
    message = DECODER.decode(mail).message
    assert tuple(to) == message.to
    assert tuple(cc) == message.cc
    assert (subject, text, html) == (message.subject, message.text, message.html)
    assert (metadata, tuple(tags), at) == (message.metadata, message.tags, message.expires_at)
    assert content == message.attachments[0].content


@given(
    identifier=LINES, label=LINES, subject=LINES, metadata=st.dictionaries(LINES, JSON, max_size=3)
)
def test_an_event_says_the_same_in_each_of_its_forms(
    identifier: str, label: str, subject: str, metadata: dict[str, Any]
) -> None:
    data = {**FLAT, "id": None, "subject": subject, "metadata": metadata}
    encoded = b64encode(orjson.dumps(data)).decode()
    expected = DECODER.decode(json_record({**data, "id": identifier, "type": label}))
    for mail in (
        json_record(event(data, id=identifier, type=label)),
        json_record(event(data_base64=encoded, id=identifier, type=label)),
        binary_event(data, id=identifier, type=label),
    ):
        found = DECODER.decode(mail)
        assert (expected.message, expected.recipients) == (found.message, found.recipients)


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
