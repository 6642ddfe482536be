"""Records of every kind of wrongness, the same for the same seed."""

from __future__ import annotations

from base64 import b64encode
from random import Random
from typing import TYPE_CHECKING, Any, Final

import orjson

from app.domain import wire
from tests.support.kafka_tools import Produced
from tests.support.mails import envelope, flat
from tests.support.records import EVENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.domain.record import Headers

# Nothing below can be read as what these headers say; a kind that is not known is no mistake.
GARBAGE: Final = (b"", b" ", b"\x00\xff\xfe", b"-7", b"1e9", b"[]", b"{}", b"null", b"9" * 400)
BROKEN_HEADERS: Final = tuple(
    (name, garbage)
    for name in (
        wire.MAIL_ORIGIN,
        wire.MAIL_FIRST_SEEN,
        wire.MAIL_ATTEMPT,
        wire.MAIL_NOT_BEFORE,
        wire.MAIL_RECIPIENTS,
    )
    for garbage in GARBAGE
)
# What the service writes, and reads from nobody.
UNREAD_HEADERS: Final = tuple(
    (name, garbage)
    for name in sorted(wire.OURS - {name for name, _ in BROKEN_HEADERS})
    for garbage in GARBAGE
)
_NAMES: Final = (
    *("id", "from", "to", "cc", "bcc", "reply_to", "subject", "text", "html", "template", "data"),
    *("headers", "attachments", "priority", "type", "timestamp", "expires_at", "tags", "metadata"),
    *("retry_count", "max_retries", "status", "error_msg", "message", "specversion", "data_base64"),
    *("", "x", "\u0000", "To", "to ", "__proto__", "\U0001f4e7"),
)
_TEXTS: Final = (
    *(
        "",
        " ",
        "a",
        "ann@example.com",
        "Ann <ann@example.com>",
        "b@",
        "@",
        "x" * 2000,
        "{{ name }}",
    ),
    *("1.0", "high", "2020-01-01T00:00:00Z", "2020-02-30T00:00:00Z", "9999-12-31T23:59:59-23:59"),
    *("\r\nBcc: v@example.com", "\u0000", "\u202e", "\u00fc@b\u00fccher.example", "%s{0}", "../x"),
)
_NUMBERS: Final = (0, 1, -1, 3, 2**31, 2**63, -(2**63), 2**64 - 1, 0.5, -0.0, 1e308)
_HEADER_NAMES: Final = (
    *("content-type", "ce_specversion", "ce_id", "ce_type", "ce_source", "type", "priority"),
    *("", "x", "mail-", "MAIL-ORIGIN", "\u00fc"),
)


def fuzzed(seed: int, count: int) -> Iterator[Produced]:
    """So many records, every kind in turn; none asks to be sent later than now."""
    rng = Random(seed)
    for number in range(count):
        value, headers = _KINDS[number % len(_KINDS)](rng, number)
        yield Produced(value, key=str(number).encode(), headers=headers)


def _good(_: Random, number: int) -> dict[str, Any]:
    return (
        flat(number) if _turn(number) % 3 else envelope(number, template="", subject="s", text="t")
    )


def _anything(rng: Random, depth: int = 0) -> Any:
    kind = rng.randrange(8 if depth < 4 else 5)
    if kind < 2:
        return rng.choice(_TEXTS)
    if kind == 2:
        return rng.choice(_NUMBERS)
    if kind < 5:
        return rng.choice((None, True, False, "ann@example.com"))
    if kind == 5:
        return [_anything(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(_NAMES): _anything(rng, depth + 1) for _ in range(rng.randrange(5))}


def _bytes(rng: Random, _: int) -> tuple[bytes | None, Headers]:
    return rng.choice((None, b"", rng.randbytes(rng.randrange(300)))), ()


def _a_flipped_bit(rng: Random, number: int) -> tuple[bytes, Headers]:
    value = bytearray(orjson.dumps(_good(rng, number)))
    value[rng.randrange(len(value))] ^= 1 << rng.randrange(8)
    return bytes(value), ()


def _cut(rng: Random, number: int) -> tuple[bytes, Headers]:
    value = orjson.dumps(_good(rng, number))
    return value[: rng.randrange(len(value))], ()


def _a_deep_one(rng: Random, number: int) -> tuple[bytes, Headers]:
    depth = rng.randrange(1, 3000)
    value = orjson.dumps(flat(number))[:-1]
    return value + b',"metadata":' + b'{"a":' * depth + b"1" + b"}" * (depth + 1), ()


def _a_document(rng: Random, _: int) -> tuple[bytes, Headers]:
    return orjson.dumps(_anything(rng)), ()


def _a_field(rng: Random, number: int) -> tuple[bytes, Headers]:
    document = _good(rng, number)
    fields = document.get("message", document)
    for _ in range(rng.randrange(1, 4)):
        fields[rng.choice(_NAMES)] = _anything(rng)
    return orjson.dumps(document), ()


def _an_old_one(_: Random, number: int) -> tuple[bytes, Headers]:
    times = ("expires_at", "send_at") if _turn(number) % 2 else ("send_at",)
    return orjson.dumps(flat(number, **dict.fromkeys(times, "2020-01-01T00:00:00Z"))), ()


def _an_event(rng: Random, number: int) -> tuple[bytes, Headers]:
    data = rng.choice((_good(rng, number), _anything(rng)))
    event: dict[str, Any] = {**EVENT, "data": data}
    if rng.random() < 0.3:
        del event["data"]
        event["data_base64"] = b64encode(
            rng.choice((orjson.dumps(data), rng.randbytes(40)))
        ).decode()
    if rng.random() < 0.6:
        event[rng.choice((*EVENT, *_NAMES))] = _anything(rng)
    return orjson.dumps(event), rng.choice(((), ((_header_name(rng), _garbage(rng)),)))


def _a_binary_event(rng: Random, number: int) -> tuple[bytes, Headers]:
    named = [(f"ce_{name}", str(value).encode()) for name, value in EVENT.items()]
    if rng.random() < 0.6:
        named[rng.randrange(len(named))] = (_header_name(rng), _garbage(rng))
    return orjson.dumps(rng.choice((_good(rng, number), _anything(rng)))), tuple(named)


def _any_headers(rng: Random, number: int) -> tuple[bytes, Headers]:
    headers = [(_header_name(rng), _garbage(rng)) for _ in range(rng.randrange(1, 6))]
    return orjson.dumps(_good(rng, number)), tuple(headers)


def _a_broken_header(rng: Random, number: int) -> tuple[bytes, Headers]:
    return orjson.dumps(_good(rng, number)), (BROKEN_HEADERS[_turn(number) % len(BROKEN_HEADERS)],)


def _an_unread_header(rng: Random, number: int) -> tuple[bytes, Headers]:
    return orjson.dumps(_good(rng, number)), (UNREAD_HEADERS[_turn(number) % len(UNREAD_HEADERS)],)


def _header_name(rng: Random) -> str:
    return rng.choice(_HEADER_NAMES)


def _garbage(rng: Random) -> bytes:
    return rng.choice((*GARBAGE, b"1.0", b"application/cloudevents+json", rng.randbytes(20)))


def _turn(number: int) -> int:
    return number // len(_KINDS)


_KINDS: Final[tuple[Callable[[Random, int], tuple[bytes | None, Headers]], ...]] = (
    _bytes,
    _a_flipped_bit,
    _cut,
    _a_deep_one,
    _a_document,
    _a_field,
    _an_old_one,
    _an_event,
    _a_binary_event,
    _any_headers,
    _a_broken_header,
    _an_unread_header,
)
