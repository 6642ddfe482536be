"""Dead letters without the long way to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from app.domain import wire
from tests.support.kafka_tools import Produced
from tests.support.mails import flat

if TYPE_CHECKING:
    from app.domain.record import Headers

FAILED_AT = 1_767_225_600_000
"""2026-01-01T00:00:00Z in epoch milliseconds."""


def headers(number: int, **changes: bytes) -> Headers:
    """As the service writes them; `changes` name a header with `_` for `-`."""
    ours = {
        wire.MAIL_ID: b"flat-%d" % number,
        wire.MAIL_ATTEMPT: b"1",
        wire.MAIL_FIRST_SEEN: b"%d" % (FAILED_AT - 1000),
        wire.MAIL_ORIGIN: b"email-queue/0/%d" % number,
        wire.MAIL_ERROR_KIND: b"recipient",
        wire.MAIL_ERROR_CODE: b"550 5.1.1",
        wire.MAIL_ERROR_TEXT: b"no such user",
        wire.MAIL_FAILED_AT: b"%d" % FAILED_AT,
    }
    ours |= {name.replace("_", "-"): value for name, value in changes.items()}
    return tuple(ours.items())


def dead(number: int, partition: int = 0, **changes: bytes) -> Produced:
    """A record for the dead-letter topic."""
    return Produced(
        orjson.dumps(flat(number)),
        key=b"key-%d" % number,
        headers=(("campaign", b"spring"), *headers(number, **changes)),
        partition=partition,
    )
