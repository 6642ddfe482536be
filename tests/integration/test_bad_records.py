"""One bad record never stops the others, and nothing of it is lost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.support.kafka_tools import Produced
from tests.support.mails import envelope, flat, recipients

if TYPE_CHECKING:
    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.services import Services
    from tests.support.topics import Topics

GOOD = 50
INJECTION = "Hello\r\nBcc: victim@example.com"
# The broker takes 32 MB here; the service's own limit is 10 MiB.
HUGE = orjson.dumps(flat(0, text="x" * 20_000_000))
DEEP = b'{"to":"a@example.com","subject":"s","text":"t","data":' + b"[" * 5000 + b"]" * 5000 + b"}"


def broken(**fields: Any) -> bytes:
    return orjson.dumps(flat(0, **fields))


# What is wrong, the record's value, and what its dead letter's reason must name.
BAD: list[tuple[str, bytes | None, str]] = [
    ("no JSON", b"hello", "JSON"),
    ("empty", b"", "empty"),
    ("a tombstone", None, ""),
    ("20 MB", HUGE, ""),
    ("invalid UTF-8", b'{"to":"\xff\xfe"}', "UTF-8"),
    ("deeply nested", DEEP, ""),
    ("an array", b"[1,2]", "object"),
    ("a number for the subject", broken(subject=7), "subject"),
    ("a string for the tags", broken(tags="a"), "tags"),
    ("an unknown priority", broken(priority="urgent"), "priority"),
    ("negative max_retries", broken(max_retries=-1), "max_retries"),
    ("no recipient", broken(to=[]), "to"),
    ("no to at all", b'{"subject":"s","text":"t"}', "to"),
    ("a bad address", broken(to="not an address"), "to"),
    ("a bad address among good", broken(cc=["a@example.com", "b@"]), "cc[1]"),
    ("no body", broken(text=None), "text"),
    ("no subject", broken(subject=None), "subject"),
    ("injection in the subject", broken(subject=INJECTION), "subject"),
    ("injection in to", broken(to="a@example.com\r\nBcc: v@example.com"), "to"),
    ("injection in a name", broken(to={"name": INJECTION, "address": "a@example.com"}), "to"),
    ("injection in from", broken(**{"from": "a@example.com\r\nBcc: v@example.com"}), "from"),
    ("injection in a header's value", broken(headers={"X-A": INJECTION}), "headers.X-A"),
    ("injection in a header's name", broken(headers={"X-A\r\nBcc": "v@example.com"}), "headers"),
    ("injection in reply_to", broken(reply_to="a@example.com\r\nBcc: v@e.com"), "reply_to"),
    ("a structural header", broken(headers={"Bcc": "v@example.com"}), "headers.Bcc"),
    (
        "injection in a file name",
        broken(attachments=[{"filename": INJECTION, "content": "aGk="}]),
        "attachments[0].filename",
    ),
    (
        "an attachment that is no base64",
        broken(attachments=[{"filename": "a.txt", "content": "%%%"}]),
        "attachments[0].content",
    ),
    ("NUL in the text", broken(text="a\0b"), "text"),
    ("a time without zone", broken(send_at="2030-01-01T00:00:00"), "send_at"),
    ("an unknown template", orjson.dumps(envelope(0, template="nope")), "template"),
    ("a template out of its folder", orjson.dumps(envelope(0, template="../x")), "template"),
    ("missing template data", orjson.dumps(envelope(0, data={"Name": "Ann"})), "link"),
    ("injection by the id", broken(id=INJECTION), "id"),
]
TIMES = 50


@pytest.mark.timeout(240)
def test_fifty_bad_records_among_fifty_good_ones(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 3, {"max.message.bytes": str(32 << 20)})
    wrong = (BAD * 2)[:TIMES]
    records: list[Produced] = []
    for number in range(TIMES):
        what, value, _ = wrong[number]
        records.append(Produced(flat(number), key=b"good"))
        records.append(
            Produced(
                value,
                key=str(number).encode(),
                headers=(("x-what", what.encode()), ("x-raw", b"\x00\xff")),
            )
        )
    kafka_tools.produce(topics.queue, records)
    with services.to(postfix.port) as service:
        letters = kafka_tools.wait_for_records(topics.dlq, TIMES, within=90)
        results = kafka_tools.wait_for_records(topics.results, 2 * TIMES, within=30)
        arrived = Counter(mail.recipient for mail in postfix.wait_for(GOOD))
        assert service.health("/health/live") == 200
        service.terminate()
        assert service.wait() == 0

    assert arrived == Counter(recipients(range(GOOD)))
    assert len(letters) == TIMES
    statuses = Counter(orjson.loads(result.value or b"")["status"] for result in results)
    assert statuses == {"delivered": GOOD, "dead": TIMES}
    for letter in letters:
        what, value, names = wrong[int(letter.key or b"")]
        headers = dict(letter.headers)
        assert headers["mail-error-kind"] == b"invalid_message", what
        assert names in headers["mail-error-text"].decode(), what
        assert letter.value == value, what
        assert headers["x-what"] == what.encode()
        assert headers["x-raw"] == b"\x00\xff"
        assert headers["mail-origin"].decode().startswith(f"{topics.queue}/")
