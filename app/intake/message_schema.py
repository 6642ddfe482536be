"""What a record's value may be, as JSON Schema (draft 7), made from what the decoder checks.

A schema cannot say all of it: whether an address is one, how many recipients there are in all, how
deep a document is. What it refuses, the decoder refuses too.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

from app.domain.addresses import MAX_NAME
from app.domain.header_names import NAME, STRUCTURAL, STRUCTURAL_PREFIXES
from app.domain.message import MessagePriority
from app.intake import attachments, extra_headers
from app.intake.documents import RECIPIENTS
from app.intake.events import VERSION
from app.intake.fields import MOST_COUNTED, RFC_3339
from app.intake.messages import (
    LOCALE,
    LONGEST_ID,
    LONGEST_SUBJECT,
    LONGEST_TAG,
    LONGEST_TYPE,
    MOST_RECIPIENTS,
    MOST_TAGS,
    TEMPLATE,
)

Schema: TypeAlias = dict[str, Any]

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_ABSENT: Final[Schema] = {"enum": [None, ""]}
# Where the decoder asks for no more than that it is something.
_NOTHING: Final[tuple[Any, ...]] = (None, "", False, 0, [], {})
# As `app.domain.addresses.UNSAFE`, but for surrogates, which JSON in UTF-8 has none of.
_LINE: Final = r"^[^\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]*$"
_BASE64: Final = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_AN_ADDRESS: Final = r"\S@\S"
_NOBODY: Final = r"^\s*<>\s*$"
_LABEL: Final[Schema] = {"type": "string", "maxLength": LONGEST_TYPE, "pattern": _LINE}
_TYPE: Final[Schema] = {"anyOf": [_LABEL, _ABSENT]}


def message_schema(ref: str = "#/definitions/{}") -> Schema:
    """Flat, in an envelope, or in a CloudEvents event; `ref` is where definitions are found."""
    return {
        "$schema": DRAFT,
        "title": "A message for kafka-mailer",
        "description": "The value of a record in the queue.",
        "type": "object",
        "if": {
            "required": ["specversion"],
            "properties": {"specversion": {"not": {"type": "null"}}},
            **_without_recipients(),
        },
        "then": {"$ref": ref.format("Event")},
        "else": {"$ref": ref.format("Record")},
        "definitions": definitions(ref),
    }


def definitions(ref: str) -> dict[str, Schema]:
    """By name; they refer to each other by `ref`."""
    return {
        "Record": {
            "description": "A message, flat or in an envelope.",
            "type": "object",
            "if": {
                "required": ["message"],
                "properties": {"message": {"not": {"type": "null"}}},
                **_without_recipients(),
            },
            "then": {"$ref": ref.format("Envelope")},
            "else": {"$ref": ref.format("Message")},
        },
        "Fields": {
            "description": "What a message may hold; one recipient at least.",
            "type": "object",
            "properties": _properties(ref),
            "anyOf": [_given(each, [None, "", []]) for each in sorted(RECIPIENTS)],
        },
        "Message": {**_message(ref, empty_bodies=True), "properties": {"type": _TYPE}},
        "Envelope": {
            "description": "As producers of the earlier Go service write it.",
            "type": "object",
            "required": ["message"],
            "properties": {
                "type": {
                    "description": "A label for logs and results, before the message's own.",
                    "anyOf": [_LABEL, {"enum": list(_NOTHING)}],
                },
                "message": _message(ref, empty_bodies=False),
            },
            "anyOf": [
                _given("type", [*_NOTHING]),
                {"properties": {"message": {"properties": {"type": _TYPE}}}},
            ],
        },
        "Event": _event(ref),
        "Address": {
            "description": 'A mail address: "a@b.c", "Ann <a@b.c>", or an object.',
            "anyOf": [
                {"type": "string", "pattern": _AN_ADDRESS},
                {
                    "type": "object",
                    "required": ["address"],
                    "properties": {
                        "name": {"type": ["string", "null"], **_line(MAX_NAME)},
                        "address": {"type": "string", "pattern": _AN_ADDRESS},
                    },
                },
            ],
        },
        "Attachment": _attachment(),
        "Unsubscribe": _unsubscribe(),
    }


def _message(ref: str, *, empty_bodies: bool) -> Schema:
    """`empty_bodies`: an empty text or html is meant; else it counts as absent."""
    absent: list[Any] = [None] if empty_bodies else [None, ""]
    body = {"anyOf": [_given(each, absent) for each in ("text", "html")]}
    own = {"allOf": [_given("subject", [None, ""]), body]}
    return {
        "description": "A template, or a subject with text or html.",
        "allOf": [
            {"$ref": ref.format("Fields")},
            {"anyOf": [_given("template", [None, ""]), own]},
        ],
    }


def _properties(ref: str) -> dict[str, Schema]:
    one: Schema = {"$ref": ref.format("Address")}
    several: Schema = {"anyOf": [one, {"type": "array", "items": one, "maxItems": MOST_RECIPIENTS}]}
    body: Schema = {"type": ["string", "null"], "pattern": r"^[^\u0000]*$"}
    time: Schema = {"type": "string", "pattern": _anchored(RFC_3339.pattern)}
    count: Schema = {"type": "integer", "minimum": 0, "maximum": MOST_COUNTED}
    tags: Schema = {
        "type": "array",
        "items": {"type": "string", **_line(LONGEST_TAG)},
        "maxItems": MOST_TAGS,
    }
    unsubscribe: Schema = {"$ref": ref.format("Unsubscribe")}
    files: Schema = {
        "type": "array",
        "items": {"$ref": ref.format("Attachment")},
        "maxItems": attachments.MOST,
    }
    sender: Schema = {"anyOf": [{"type": "string", "pattern": _NOBODY}, one]}
    return {
        "id": _optional(
            {"type": "string", **_line(LONGEST_ID)},
            "Names the mail in logs and results; by it duplicates are told.",
        ),
        "type": {"description": "A label for logs and results."},
        "from": _optional(one, "The sender; else EMAIL_FROM."),
        "envelope_from": _optional(sender, 'Where bounces go, "<>" for nowhere.'),
        "to": _optional(several, "Recipients."),
        "cc": _optional(several, "Recipients of a copy."),
        "bcc": _optional(several, "Recipients whom no other sees."),
        "reply_to": _optional(several, "Where answers go."),
        "subject": _optional(
            {"type": "string", **_line(LONGEST_SUBJECT)}, "Required, unless the template gives it."
        ),
        "text": {"description": "The mail as plain text.", **body},
        "html": {"description": "The mail as HTML.", **body},
        "template": _optional(
            {"type": "string", "pattern": _anchored(TEMPLATE.pattern)}, "A template's name."
        ),
        "data": _optional({"type": "object"}, "The template's values."),
        "locale": _optional(
            {"type": "string", "pattern": _anchored(LOCALE.pattern)},
            "The template's language, like pt-BR.",
        ),
        "headers": _optional(_headers(), "More headers for the mail."),
        "attachments": _optional(files, "Files."),
        "priority": _optional(_priority(), f"One of {', '.join(MessagePriority)}."),
        "send_at": _optional(time, "Not before: RFC 3339, with its zone."),
        "expires_at": _optional(time, "Not after: RFC 3339, with its zone."),
        "max_retries": _optional(count, "Attempts after the first; else as RETRY_DELAYS says."),
        "retry_count": _optional(count, "Attempts made before."),
        "unsubscribe": _optional(unsubscribe, "How to unsubscribe (RFC 2369, RFC 8058)."),
        "tags": _optional(tags, "Copied to the results."),
        "metadata": _optional({"type": "object"}, "Copied to the results."),
        "status": {"description": "Ignored: the producer's own."},
        "error_msg": {"description": "Ignored: the producer's own."},
        "timestamp": {"description": "Ignored: the producer's own."},
    }


def _event(ref: str) -> Schema:
    return {
        "description": "A CloudEvents 1.0 event about a message.",
        "type": "object",
        "required": ["specversion"],
        "properties": {
            "specversion": {"type": "string", "pattern": _anchored(VERSION.pattern)},
            "id": {"description": "Counts where the message has none."},
            "type": {"description": "Counts where the message has none."},
            "data": {"anyOf": [{"type": "null"}, {"$ref": ref.format("Record")}]},
            "data_base64": {"anyOf": [{"type": "null"}, {"type": "string", "pattern": _BASE64}]},
        },
        "oneOf": [_given("data", [None]), _given("data_base64", [None])],
    }


def _attachment() -> Schema:
    def line(longest: int) -> Schema:
        return {"type": ["string", "null"], **_line(longest)}

    return {
        "type": "object",
        "required": ["content"],
        "properties": {
            "filename": line(attachments.LONGEST_NAME),
            "content_type": line(attachments.LONGEST_TYPE),
            "content": {"type": "string", "contentEncoding": "base64", "pattern": _BASE64},
            "disposition": {"enum": [*attachments.DISPOSITIONS, *_NOTHING]},
            "content_id": line(attachments.LONGEST_ID),
        },
    }


def _unsubscribe() -> Schema:
    line: Schema = {"type": ["string", "null"], **_line(extra_headers.LONGEST_TARGET)}
    return {
        "type": "object",
        "properties": {"url": line, "mailto": line, "one_click": {"type": ["boolean", "null"]}},
    }


def _headers() -> Schema:
    made = [*map(_any_case, sorted(STRUCTURAL))]
    prefixes = "|".join(map(_any_case, STRUCTURAL_PREFIXES))
    return {
        "type": "object",
        "maxProperties": extra_headers.MOST,
        "propertyNames": {
            "pattern": _anchored(NAME.pattern),
            "not": {"pattern": f"^(?:(?:{'|'.join(made)})$|(?:{prefixes}))"},
        },
        "additionalProperties": {"type": "string", **_line(extra_headers.LONGEST_VALUE)},
    }


def _priority() -> Schema:
    words = "|".join(map(_any_case, MessagePriority))
    return {"type": "string", "pattern": _anchored(words)}


def _line(longest: int) -> Schema:
    return {"maxLength": longest, "pattern": _LINE}


def _optional(schema: Schema, about: str) -> Schema:
    """Null and the empty string count as absent."""
    return {"description": about, "anyOf": [schema, _ABSENT]}


def _given(name: str, absent: list[Any]) -> Schema:
    return {"required": [name], "properties": {name: {"not": {"enum": absent}}}}


def _without_recipients() -> Schema:
    return {"not": {"anyOf": [{"required": [each]} for each in sorted(RECIPIENTS)]}}


def _anchored(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _any_case(word: str) -> str:
    """A pattern: the expressions of JSON Schema have no flags."""
    return "".join(
        f"[{char.upper()}{char}]" if char.isalpha() else re.escape(char) for char in word.lower()
    )
