"""The topics as an AsyncAPI 3 document: what the service takes from each and writes to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.bootstrap.topic_plan import (
    BROKERS_DEFAULT,
    POLICY,
    RETENTION,
    Purpose,
    creation,
    wanted_topics,
)
from app.domain import wire
from app.domain.suppression import Source
from app.intake.message_schema import definitions, message_schema
from app.outcomes.durations import format_duration
from app.outcomes.result_schema import result_schema

if TYPE_CHECKING:
    from app.bootstrap.topic_plan import Wanted
    from app.outcomes import Routes

_SCHEMA: Final = "#/components/schemas/{}"
_BINDING: Final = "0.5.0"
_TAKES: Final = "receive"
_WRITES: Final = "send"
_MESSAGE: Final = "message"
_RESULT: Final = "result"
_LETTER: Final = "deadLetter"
_WAITING: Final = "waitingMessage"
_ENTRY: Final = "suppression"

# What a topic holds, what the service does with it, and the name of what is in it.
_USE: Final[dict[Purpose, tuple[str, tuple[str, ...], str]]] = {
    Purpose.QUEUE: ("Messages to send.", (_TAKES,), _MESSAGE),
    Purpose.TIER: ("Messages that wait for another attempt.", (_TAKES, _WRITES), _WAITING),
    Purpose.DEAD_LETTERS: ("Messages that were given up.", (_WRITES,), _LETTER),
    Purpose.RESULTS: ("What became of messages.", (_WRITES,), _RESULT),
    Purpose.SUPPRESSIONS: ("Addresses that get no mail.", (_TAKES, _WRITES), _ENTRY),
}


def asyncapi(routes: Routes, version: str) -> dict[str, Any]:
    """Of the topics that these settings name; what replays keep for themselves is not in it."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for topic in wanted_topics(routes):
        if topic.purpose not in _USE:
            continue
        about, actions, what = _USE[topic.purpose]
        name = _channel_name(topic)
        channels[name] = {
            "address": topic.name,
            "description": about,
            "messages": {what: {"$ref": f"#/components/messages/{what}"}},
            "bindings": {"kafka": _binding(topic)},
        }
        for action in actions:
            operations[f"{action}{name[0].upper()}{name[1:]}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [{"$ref": f"#/channels/{name}/messages/{what}"}],
            }
    used = {each for channel in channels.values() for each in channel["messages"]}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "kafka-mailer",
            "version": version,
            "description": "What the service takes from its topics, and what it writes there.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {name: each for name, each in _messages().items() if name in used},
            "schemas": _schemas(),
        },
    }


def _channel_name(topic: Wanted) -> str:
    if topic.purpose is Purpose.TIER:
        return f"retry{format_duration(topic.delay_s)}"
    first, *rest = topic.purpose.split()
    return first + "".join(each.capitalize() for each in rest)


def _binding(topic: Wanted) -> dict[str, Any]:
    configs = creation(topic, BROKERS_DEFAULT, BROKERS_DEFAULT, 0).configs
    shown: dict[str, Any] = {}
    if POLICY in configs:
        shown[POLICY] = [configs[POLICY]]
    if RETENTION in configs:
        shown[RETENTION] = int(configs[RETENTION])
    binding: dict[str, Any] = {"topic": topic.name, "bindingVersion": _BINDING}
    return binding | ({"topicConfiguration": shown} if shown else {})


def _messages() -> dict[str, Any]:
    return {
        _MESSAGE: {
            "title": "A message to send",
            "headers": _headers(_OF_PRODUCERS),
            "payload": _of("Queued"),
            "bindings": _key("Anything; the id or the recipient is a good one."),
        },
        _WAITING: {
            "title": "A message that waits",
            "summary": "The record as its producer wrote it, with headers of ours.",
            "headers": _headers({**_OF_PRODUCERS, **wire.ABOUT}),
            "payload": _of("Queued"),
        },
        _LETTER: {
            "title": "A dead letter",
            "summary": "The record as its producer wrote it, whatever that is, and the reason.",
            "headers": _headers({**_OF_PRODUCERS, **wire.ABOUT}),
            "payload": {"description": "As the queue's record; it may be no valid message."},
        },
        _RESULT: {
            "title": "What became of an attempt",
            "payload": _of("Result"),
            "bindings": _key("The message's id."),
        },
        _ENTRY: {
            "title": "An address that gets no mail",
            "summary": "Null ends it; what is absent counts as for ever and as made by hand.",
            "payload": _of("Suppression"),
            "bindings": _key("SHA-256 of the address in lower case, in hexadecimal."),
        },
    }


_OF_PRODUCERS: Final = {
    wire.PRIORITY: "as the message's field, where it has none",
    wire.TYPE: "as the message's field, where it has none",
    "traceparent": "W3C Trace Context",
}


def _headers(about: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: {"type": "string", "description": text} for name, text in about.items()
        },
    }


def _key(about: str) -> dict[str, Any]:
    key = {"type": ["string", "null"], "description": about}
    return {"kafka": {"key": key, "bindingVersion": _BINDING}}


def _of(name: str) -> dict[str, str]:
    return {"$ref": _SCHEMA.format(name)}


def _schemas() -> dict[str, Any]:
    queued, result = message_schema(_SCHEMA), result_schema(_SCHEMA)
    inner = {**definitions(_SCHEMA), **result["definitions"]}
    tops = {"Queued": queued, "Result": result, "Suppression": _suppression()}
    without = ("$schema", "definitions")
    return inner | {
        name: {key: value for key, value in each.items() if key not in without}
        for name, each in tops.items()
    }


def _suppression() -> dict[str, Any]:
    text = {"type": ["string", "null"]}
    return {
        "type": ["object", "null"],
        "properties": {
            "source": {"enum": list(Source)},
            "reason": text,
            "since": {**text, "description": "RFC 3339."},
            "until": {**text, "description": "RFC 3339; null for ever."},
            "code": {**text, "description": "The relay's, like 550 5.1.1."},
            "mail_id": {**text, "description": "The mail that bounced."},
        },
    }
