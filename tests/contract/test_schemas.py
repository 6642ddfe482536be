"""The schemas in docs/ are the code's, and say of a message what the decoder says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import wire
from app.domain.errors import InvalidMessage
from app.domain.smtp import RelayUnavailable
from app.intake.decode import Decoder, DecoderConfig
from app.intake.message_schema import definitions, message_schema
from app.intake.messages import KNOWN_FIELDS
from app.outcomes import Unsent
from app.outcomes.result_schema import result_schema
from reference.commands import PAGE, SCHEMAS, commands_page, schemas
from tests.support.fuzzed import fuzzed
from tests.support.records import ENVELOPE, FLAT, event, json_record, record
from tests.unit.outcomes.builders import (
    accepted,
    attempt,
    decided,
    deferred,
    job,
    refused,
    result_of,
)

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text() + (ROOT / "docs" / "messages.md").read_text()
EXAMPLES: Final = re.findall(
    r"(?<!not a message -->\n)^```json\n(.*?)^```", README, re.DOTALL | re.MULTILINE
)
RESULT: Final = (
    (ROOT / "docs" / "results.md")
    .read_text()
    .partition("<!-- a result, not a message -->\n```json\n")[2]
    .partition("```")[0]
)
MESSAGE: Final = jsonschema_rs.validator_for(message_schema())
OF_RESULTS: Final = jsonschema_rs.validator_for(result_schema())
DECODER: Final = Decoder(DecoderConfig(max_bytes=1 << 20))
MADE: Final = {PAGE: commands_page(), **{path: make() for path, make in schemas().items()}}


def _decodes(document: object) -> bool:
    try:
        DECODER.decode(json_record(document))
    except InvalidMessage:
        return False
    return True


@pytest.mark.parametrize("page", sorted(MADE))
def test_the_pages_are_current(page: str) -> None:
    assert MADE[page] == (ROOT / page).read_text(encoding="utf-8"), "make reference"


@pytest.mark.parametrize("name", ["message", "result"])
def test_they_are_schemas(name: str) -> None:
    jsonschema_rs.meta.validate(json.loads(MADE[SCHEMAS[name]]))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_readme_is_a_message(example: str) -> None:
    MESSAGE.validate(orjson.loads(example))


def test_the_example_of_a_result_is_one() -> None:
    OF_RESULTS.validate(orjson.loads(RESULT))


def test_every_result_is_one_and_says_all_that_is_promised() -> None:
    ends = (
        attempt(accepted("ann")),
        attempt(deferred("ann")),
        attempt(refused("ann")),
        RelayUnavailable("relay-a", "gone", retry_in=1.0),
        RuntimeError("a bug"),
        Unsent.EXPIRED,
    )
    for end in ends:
        written = result_of(decided(job("ann", tags=("a",)), end))
        OF_RESULTS.validate(written)
        assert list(written) == list(result_schema()["properties"])


def test_every_field_is_described() -> None:
    fields = definitions("{}")["Fields"]["properties"]
    assert fields.keys() == KNOWN_FIELDS
    assert all(each["description"] for each in fields.values())


BAD: Final[list[tuple[str, Any]]] = [
    ("id", 7),
    ("id", "x" * 201),
    ("id", "a\nb"),
    ("from", "ann"),
    ("to", 7),
    ("to", ["ann"]),
    ("to", {"name": "Ann"}),
    ("to", ["ann@example.com"] * 1001),
    ("envelope_from", "<ann>"),
    ("subject", "a\r\nBcc: b@example.com"),
    ("subject", ["Hi"]),
    ("text", 7),
    ("text", "a\0b"),
    ("template", "../secret"),
    ("data", []),
    ("locale", "../x"),
    ("headers", {"Subject": "x"}),
    ("headers", {"content-Type": "x"}),
    ("headers", {"a b": "x"}),
    ("headers", {"X-A": "a\nb"}),
    ("headers", {"X-A": 1}),
    ("attachments", {}),
    ("attachments", [{"filename": "a"}]),
    ("attachments", [{"content": "%%%"}]),
    ("attachments", [{"content": "AAEC", "disposition": "hidden"}]),
    ("priority", "urgent"),
    ("send_at", "tomorrow"),
    ("send_at", "2030-01-31T12:00:00"),
    ("expires_at", 1),
    ("max_retries", -1),
    ("max_retries", "3"),
    ("unsubscribe", {"one_click": "yes"}),
    ("unsubscribe", {"url": "a\nb"}),
    ("tags", "a"),
    ("tags", [1]),
    ("metadata", []),
    ("retry_count", 1_000_001),
]


@pytest.mark.parametrize(("field", "value"), BAD, ids=[each[0] for each in BAD])
def test_what_the_decoder_refuses_the_schema_refuses_in_every_shape(
    field: str, value: object
) -> None:
    flat = {**FLAT, field: value}
    for document in (
        flat,
        {**ENVELOPE, "message": {**ENVELOPE["message"], field: value}},
        event(flat),
    ):
        assert not _decodes(document)
        assert not MESSAGE.is_valid(document)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"to": "ann@example.com"},
        {"to": "ann@example.com", "subject": "Hi"},
        {"to": "ann@example.com", "subject": "", "text": "x"},
        {"to": [], "subject": "Hi", "text": "x"},
        {"subject": "Hi", "text": "x"},
        {"message": "x"},
        {"message": {"to": "ann@example.com", "subject": "Hi", "text": ""}},
        {"specversion": "1.0"},
        {"specversion": "2.0", "data": FLAT},
        {"specversion": "1.0", "data": FLAT, "data_base64": "AAEC"},
        {"specversion": "1.0", "data": "x"},
    ],
    ids=str,
)
def test_what_is_missing_is_missed(document: object) -> None:
    assert not _decodes(document)
    assert not MESSAGE.is_valid(document)


def test_nothing_that_the_decoder_takes_is_refused() -> None:
    taken = 0
    for each in fuzzed(17, 6000):
        names = {name for name, _ in each.headers}
        if "content-type" in names or any(name.startswith("ce_") for name in names):
            continue  # headers make another thing of the value
        try:
            DECODER.decode(record(each.value, ()))
            document = orjson.loads(each.value or b"")
        except (InvalidMessage, orjson.JSONDecodeError):
            continue
        taken += 1
        MESSAGE.validate(document)
    assert taken > 500


_TEXTS = st.sampled_from(
    [
        *(
            "",
            "a",
            "ann@example.com",
            "Ann <ann@example.com>",
            "<>",
            " <> ",
            "high",
            "LOW",
            "pt_BR",
        ),
        *("pt_BR", "2030-01-31t08:00:00z", "0001-01-01T00:00:00Z", "AAEC", "AAE=", "A\tb", "1.0"),
    ]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 1_000_001) | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("name", "address", "content", "disposition", "filename", "url", "one_click"),
                    *("X-A", "subject", "content_id"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(sorted(KNOWN_FIELDS)), _VALUES, max_size=6),
    st.sampled_from(["flat", "enveloped", "event"]),
)
def test_whatever_the_schema_refuses_the_decoder_refuses(
    fields: dict[str, Any], shape: str
) -> None:
    whole = {**FLAT, **fields}
    document = {
        "flat": whole,
        "enveloped": {"type": "x", "message": whole},
        "event": event(whole),
    }[shape]
    if not MESSAGE.is_valid(document):
        assert not _decodes(document)


def test_the_topics_document_refers_to_what_is_there() -> None:
    document = json.loads(MADE[SCHEMAS["asyncapi"]])
    refs = set(re.findall(r'"\$ref": "#/([^"]+)"', MADE[SCHEMAS["asyncapi"]]))
    for ref in refs:
        found: Any = document
        for step in ref.split("/"):
            found = found[step]
    addresses = {each["address"] for each in document["channels"].values()}
    assert {"email-queue", "email-queue-retry-16h", "email-dlq", "email-results"} < addresses
    letter = document["components"]["messages"]["deadLetter"]["headers"]["properties"]
    assert letter.keys() >= wire.OURS


def test_the_http_document_has_the_admins_calls() -> None:
    paths = json.loads(MADE[SCHEMAS["openapi"]])["paths"]
    assert {"/health", "/openapi.json", "/admin/pause", "/admin/dlq/{partition}/{offset}"} < set(
        paths
    )
