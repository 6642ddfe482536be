"""Records as other clients write them: compressed, or with header names that are not UTF-8."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record import default_records
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from tests.support.mails import flat
from tests.support.waiting import run

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.services import Services
    from tests.support.smtp_sink import SmtpSink
    from tests.support.topics import Topics

MARK = "x-latin-1-"


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_compression_is_read(
    codec: str,
    services: Services,
    kafka: Broker,
    kafka_tools: KafkaTools,
    topics: Topics,
    smtp_sink: SmtpSink,
) -> None:
    async def produce() -> None:
        client = AIOKafkaProducer(bootstrap_servers=kafka.brokers, compression_type=codec)
        await client.start()
        for number in range(20):
            await client.send(topics.queue, orjson.dumps(flat(number)))
        await client.stop()

    kafka_tools.create_topic(topics.queue, 1)
    run(produce())
    with services.to(smtp_sink.port) as service:
        service.wait_for_events("email.delivered", 20)


def test_a_header_name_that_is_not_utf_8_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
    services: Services,
    kafka: Broker,
    kafka_tools: KafkaTools,
    topics: Topics,
    smtp_sink: SmtpSink,
) -> None:
    """One batch of five, the third of them with a raw byte in its header's name."""
    kafka_tools.create_topic(topics.queue, 1)

    async def produce() -> None:
        client = AIOKafkaProducer(bootstrap_servers=kafka.brokers)
        await client.start()
        batch = client.create_batch()
        for number in range(5):
            headers = [(MARK, b"v")] if number == 2 else []
            value = orjson.dumps(flat(number, to="" if number == 3 else "a@example.com"))
            batch.append(timestamp=None, key=None, value=value, headers=headers)
        batch.close()
        await (await client.send_batch(batch, topics.queue, partition=0))
        await client.stop()

    class Raw(_DefaultRecordBatchBuilderPy):  # type: ignore[misc]  # the library is untyped
        def build(self) -> bytearray:
            built: bytearray = super().build()
            at = built.index(MARK.encode())
            built[at + len(MARK) - 1] = 0xE4
            crc = default_records.calc_crc32c(built[self.ATTRIBUTES_OFFSET :])
            struct.pack_into(">I", built, self.CRC_OFFSET, crc)
            return built

    monkeypatch.setattr("aiokafka.producer.message_accumulator.DefaultRecordBatchBuilder", Raw)
    run(produce())
    with services.to(smtp_sink.port) as service:
        delivered = service.wait_for_events("email.delivered", 4)
        (letter,) = kafka_tools.wait_for_records(topics.dlq, 1)
    assert {one["id"] for one in delivered} == {"flat-0", "flat-1", "flat-2", "flat-4"}
    assert orjson.loads(letter.value or b"")["id"] == "flat-3"
