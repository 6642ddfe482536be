"""Signatures hold in the mailbox, when mail has gone through the service and through Postfix."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.support.mails import flat
from tests.support.signing import KeyPair, verified

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.services import Services
    from tests.support.topics import Topics

INNER = b"Subject: Inner\n\nHello \t \n..\n \n\n"
MAILS: list[dict[str, Any]] = [
    {},
    {"text": ".\n..\n.lead\n\tFrom me\n\nFrom you  \n \n\n\n"},
    {"text": "Привет\n" * 500, "html": "<p>  Grüße</p>\n" * 500, "subject": "Grüße  an alle " * 9},
    {"to": [f"Someone {number} <s{number}@example.com>" for number in range(40)]},
    {"template": "password_reset", "data": {"name": "Ann", "link": "https://example.com/r"}},
    {"unsubscribe": {"url": "https://example.com/u?" + "t" * 300, "one_click": True}},
    {
        "attachments": [
            {"filename": "Übersicht.bin", "content": base64.b64encode(bytes(range(256))).decode()},
            {"content_type": "message/rfc822", "content": base64.b64encode(INNER).decode()},
        ]
    },
]


def test_signatures_hold_after_postfix_took_the_mail(
    tmp_path: Path, services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    pairs = {"r1.example.com": KeyPair.rsa(), "e1.example.com": KeyPair.ed25519()}
    for name, pair in pairs.items():
        (tmp_path / name).write_bytes(pair.pem)
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [flat(n, **fields) for n, fields in enumerate(MAILS)])
    keys = (f"example.com:{name.partition('.')[0]}:{tmp_path / name}" for name in pairs)
    with services.to(postfix.port, DKIM_KEYS=",".join(keys)):
        recipients = len(MAILS) - 1 + 40
        mails = postfix.wait_for(recipients)
    records = {name: pair.record for name, pair in pairs.items()}
    assert [[True, True]] * recipients == [
        verified(mail.raw.replace(b"\n", b"\r\n"), records) for mail in mails
    ]
