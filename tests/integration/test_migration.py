"""Taking over from the Go service: its start line, its variables, its group and its records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from app.domain.record import Partition
from tests.support.kafka_tools import Committed, Produced
from tests.support.ports import free_port
from tests.support.service import Service
from tests.support.submission import PASSWORD, USER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.submission import Submission
    from tests.support.topics import Topics

LINK: Final = "https://shop.example.com/reset/17"
ITEMS: Final = [{"Name": "Lamp", "Quantity": 2, "Price": "$10.00"}]


def record(template: str, data: dict[str, Any] | None, number: int, **fields: Any) -> Produced:
    """As its producers write it: every field of the struct, and three headers."""
    kinds = {"password-reset", "welcome", "order-confirmation"}
    kind = template.replace("-", "_") if template in kinds else "notification"
    moment = "2026-11-22T08:00:00.123456789+01:00"
    message = {
        "id": f"5f0c7a5e-0000-4000-8000-{number:012}",
        "from": "shop@example.com",
        "to": f"{template}-{number}@example.com",
        "subject": f"Mail {number}",
        "template": template,
        "data": data,
        "priority": "normal",
        "timestamp": moment,
        "retry_count": 0,
        "max_retries": 3,
        "status": "pending",
        **fields,
    }
    headers = [
        ("type", kind.encode()),
        ("priority", str(message["priority"]).encode()),
        ("timestamp", b"2026-11-22T08:00:00+01:00"),
    ]
    document = {"type": kind, "message": message}
    return Produced(document, str(message["id"]).encode(), headers, partition=0)


SENT_BEFORE: Final = record("plain", {"body": "Long sent."}, 0)
RECORDS: Final = (
    record("plain", {"body": "It is <done>."}, 1),
    record("password-reset", {"Name": "Ann", "Link": LINK}, 2, priority="high"),
    record("welcome", {"name": "Ann", "link": LINK}, 3, priority="low"),
    record(
        "order-confirmation", {"Name": "Ann", "Order": "17", "Items": ITEMS, "Total": "$20.00"}, 4
    ),
    record("notification", {"title": "News", "body": "There are some."}, 5, max_retries=0),
    # The Go service gave this one up without an attempt.
    record("plain", {"body": "Once more."}, 6, retry_count=3, status="failed", error_msg="EOF"),
)
UNKNOWN_TEMPLATE: Final = record("invoice", None, 7)


def test_the_go_service_s_start_line_and_records_do_here_what_they_did_there(
    tmp_path: Path,
    kafka: Broker,
    kafka_tools: KafkaTools,
    topics: Topics,
    submission: Submission,
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [SENT_BEFORE, *RECORDS, UNKNOWN_TEMPLATE])
    # Go's client commits an offset and nothing beside it.
    kafka_tools.commit(topics.group, {Partition(topics.queue, 0): Committed(1, "")})
    port = free_port()
    flags = {
        "-workers": "4",
        "-buffer": "20",
        "-kafka-brokers": kafka.brokers,
        "-kafka-topic": topics.queue,
        "-kafka-group": topics.group,
        "-smtp-host": submission.host,
        "-smtp-port": str(submission.at("password required").port),
        "-smtp-user": USER.partition("@")[0],
        "-port": str(port),
    }
    names = {name: value for name, value in topics.env().items() if name.startswith("EMAIL_")}
    service = Service(
        tmp_path,
        {
            **names,
            "OPS_PORT": str(port),
            "SMTP_PASSWORD": PASSWORD,
            "SMTP_SECURITY": "starttls",
            "SMTP_CA_FILE": str(submission.trust.ca_file),
        },
        [text for pair in flags.items() for text in pair],
    )
    del service.env["OPS_PORT"]
    with service:
        service.wait_ready()
        (letter,) = kafka_tools.wait_for_records(topics.dlq, 1)
        results = kafka_tools.wait_for_records(topics.results, len(RECORDS) + 1)
        mails = {mail.recipient: mail for mail in submission.wait_for(len(RECORDS))}
    wanted = [orjson.loads(each.encoded() or b"") for each in RECORDS]
    assert {each["message"]["to"] for each in wanted} == set(mails)
    for each in wanted:
        message = each["message"]
        mail = mails[message["to"]].message
        assert mail["subject"] == message["subject"]
        assert mail["from"] == message["from"]
        bodies = [mail.get_body((kind,)) for kind in ("plain", "html")]
        shown = [" ".join(body.get_content().split()) for body in bodies if body is not None]
        assert len(shown) == 2
        for value in _texts(message["data"]):
            assert value in shown[0]
    html = mails["plain-1@example.com"].message.get_body(("html",))
    assert html is not None
    assert "&lt;done&gt;" in html.get_content()
    assert orjson.loads(letter.value or b"")["message"]["template"] == "invoice"
    told = {
        result["id"]: result for result in (orjson.loads(each.value or b"") for each in results)
    }
    assert {each["message"]["id"]: each["type"] for each in wanted}.items() <= {
        identifier: result["type"] for identifier, result in told.items()
    }.items()


def _texts(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in _texts(value)]
    if isinstance(data, list):
        return [text for value in data for text in _texts(value)]
    return [str(data)]
