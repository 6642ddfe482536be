"""What is secret, and what a message says, is in nothing that the service tells of itself."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.support.collector import Collector
from tests.support.kafka_tools import Produced
from tests.support.mails import flat
from tests.support.relay_rig import Trust
from tests.support.relay_thread import RelayThread
from tests.support.smtp_actions import Leave, Say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app.domain.record import Record
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.service import Service
    from tests.support.services import Services
    from tests.support.topics import Topics

PASSWORD, TOKEN, STORE, SASL = "canary-pass", "canary-token", "canary-store", "canary-sasl"
BODY, DATA, FILE, HEADER, LOCAL = (f"canary-{each}" for each in ("body", "data", "file", "x", "to"))
SECRETS = (PASSWORD, TOKEN, STORE, SASL)
SAID = (BODY, DATA, FILE, HEADER)
TEMPLATES = {
    "bad.txt.j2": "{{ 1 / data_that_is_text }}",
    "unsafe.txt.j2": "{{ secret.__class__ }}",
    "empty.txt.j2": "{{ {'a': secret}.missing }}",
}
PATHS = ("/", "/health", "/health/live", "/health/ready", "/metrics", "/stats", "/openapi.json")


KINDS = {None, "recipient", "temporary", "connection", "policy", "invalid_message"}


def kinds(results: Sequence[Record]) -> set[str | None]:
    return {orjson.loads(each.value or b"")["error_kind"] for each in results}


def forms(canary: str) -> tuple[bytes, ...]:
    """As it is, in hexadecimal, and within base64 at each of the three offsets."""
    raw = canary.encode()
    coded = (
        base64.b64encode(bytes(pad) + raw)[(0, 2, 3)[pad] : (pad + len(raw)) * 8 // 6]
        for pad in range(3)
    )
    return (raw, raw.hex().encode(), *coded)


def assert_none_of(canaries: tuple[str, ...], told: Mapping[str, bytes]) -> None:
    found = [
        (place, canary)
        for place, what in told.items()
        for canary in canaries
        if any(form in what for form in forms(canary))
    ]
    assert not found


def asked(service: Service, path: str, token: str | None = None, method: str = "GET") -> bytes:
    """The answer with its headers, whatever its status."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(service.url + path, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.headers) + bytes(answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return bytes(refused.headers) + refused.read()


def message(number: int, **fields: Any) -> dict[str, Any]:
    return flat(
        number,
        **{
            "to": f"{LOCAL}-{number}@example.com",
            "subject": f"about {BODY}",
            "text": f"{BODY} says",
            "html": f"<p>{BODY}</p>",
            "data": {"secret": DATA, "data_that_is_text": DATA},
            "headers": {"X-Canary": HEADER},
            "attachments": [
                {
                    "filename": f"{FILE}.txt",
                    "content_type": "text/plain",
                    "content": base64.b64encode(FILE.encode()).decode(),
                }
            ],
            **fields,
        },
    )


def misbehaving(relay: RelayThread) -> None:
    """It quotes the recipient in its refusals, and leaves in the middle."""
    relay.server.users = {"canary": PASSWORD}
    relay.server.on(
        "RCPT",
        Say(f"550 5.1.1 <{LOCAL}-0@example.com>: no such user, {LOCAL}-0@example.com"),
        Say(f"451 4.2.1 {LOCAL}%40example.com: not now"),
        # On a connection that was used before, the first is answered by a fresh one.
        *(Leave(), Leave()),
    )
    relay.server.on("DOT", Say(f"554 5.7.1 {LOCAL}-3@example.com: looks like spam"))


def records() -> list[Produced]:
    broken = orjson.dumps(message(20))[:-20]
    return [
        *(Produced(message(number)) for number in range(6)),
        *(
            Produced(message(30, template=each.split(".")[0], text=None, html=None))
            for each in TEMPLATES
        ),
        Produced(message(11, to=f"{LOCAL} at example.com")),
        Produced(message(12, subject=f"{BODY}\r\nBcc: {LOCAL}@example.com")),
        Produced(message(13, headers={"Content-Type": HEADER})),
        Produced(message(14, attachments=[{"filename": FILE, "content": f"{FILE}!"}])),
        Produced(message(15, priority=BODY, template=DATA)),
        Produced(broken, key=f"{LOCAL}@example.com".encode()),
        Produced(
            message(16), headers=(("mail-recipients", LOCAL.encode()), ("x", HEADER.encode()))
        ),
    ]


def test_no_canary_leaves_through_any_door(
    tmp_path: Path, services: Services, kafka_tools: KafkaTools, topics: Topics
) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    for name, text in TEMPLATES.items():
        (templates / name).write_text(text)
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, records())
    with Collector() as collector, RelayThread() as relay:
        misbehaving(relay)
        with services.to(
            relay.port,
            **collector.env,
            LOG_LEVEL="debug",
            SMTP_USER="canary",
            SMTP_PASSWORD=PASSWORD,
            OPS_TOKEN=TOKEN,
            STATE_URL=f"redis://user:{STORE}@127.0.0.1:1/0",
            DEDUP_WINDOW="1h",
            EMAIL_TEMPLATES=str(templates),
            RETRY_DELAYS="1s",
        ) as service:
            service.wait_ready()
            kafka_tools.wait_for_records(topics.results, len(records()), within=40)
            service.wait_for(
                lambda: kinds(kafka_tools.read_all(topics.results)) >= KINDS,
                "a result of every kind",
                within=40,
            )
            told = {path: asked(service, path) for path in PATHS}
            told |= {
                f"wrong token {path}": asked(service, path, "wrong")
                for path in ("/admin/settings", "/admin/dlq")
            }
            told["settings"] = asked(service, "/admin/settings", TOKEN)
            told["no such"] = asked(service, f"/admin/relays/{TOKEN[:6]}/reset", TOKEN, "POST")
            service.terminate()
            assert service.wait() == 0
        told["spans"] = b"".join(collector.received)
    told["log"] = service.output.encode()
    results = [each.value or b"" for each in kafka_tools.read_all(topics.results)]
    assert b"process" in told["spans"]
    assert b'"level":"debug"' in told["log"]
    assert_none_of((*SECRETS, *SAID, LOCAL), told)
    assert_none_of((*SECRETS, *SAID), {"results": b"".join(results)})


@pytest.mark.parametrize("addresses", ["masked", "hashed"])
def test_a_tls_failure_and_wrong_credentials_tell_no_secret(
    addresses: str,
    tmp_path: Path,
    services: Services,
    kafka_tools: KafkaTools,
    topics: Topics,
    relay: RelayThread,
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [message(1)])
    trust = Trust(tmp_path)
    relay.server.users = {"canary": "another"}
    relay.server.tls = trust.server_context()
    trusted = {"SMTP_CA_FILE": str(trust.ca_file)} if addresses == "hashed" else {}
    with services.to(
        relay.port,
        LOG_LEVEL="debug",
        LOG_ADDRESSES=addresses,
        SMTP_SECURITY="starttls",
        SMTP_USER="canary",
        SMTP_PASSWORD=PASSWORD,
        **trusted,
    ) as service:
        service.wait_for(lambda: "relay 127.0.0.1" in service.output, "the relay's trouble")
        told = {path: asked(service, path) for path in ("/health", "/stats", "/metrics")}
        service.terminate()
        service.wait()
    told["log"] = service.output.encode()
    assert_none_of((*SECRETS, *SAID, LOCAL), told)


def test_kafka_s_refusal_of_our_credentials_tells_no_secret(
    services: Services, kafka: Broker
) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker takes every password")
    with services.to(
        1,
        LOG_LEVEL="debug",
        KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT",
        KAFKA_SASL_MECHANISM="PLAIN",
        KAFKA_SASL_USERNAME="canary",
        KAFKA_SASL_PASSWORD=SASL,
        KAFKA_START_TIMEOUT="2s",
    ) as service:
        assert service.wait() != 0
    assert service.events
    assert_none_of(SECRETS, {"log": service.output.encode()})
