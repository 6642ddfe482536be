"""Ten thousand wrong records pass through the real process; dead letters edited by hand as well."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from app.domain import wire
from tests.faults.usage import resident_mb
from tests.support.dead_letters import dead
from tests.support.fuzzed import BROKEN_HEADERS, GARBAGE, fuzzed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.domain.record import Record
    from tests.support.command_line import CommandLine
    from tests.support.kafka_tools import KafkaTools, Produced
    from tests.support.relay_thread import RelayThread
    from tests.support.services import Services
    from tests.support.topics import Topics

COUNT = 10_000
IN_TIER = 1_000
PARTITIONS = 3
GROWTH_MB = 60
# Of a dead letter's headers a replay keeps these, of those that the service reads.
KEPT = (wire.MAIL_ORIGIN, wire.MAIL_FIRST_SEEN, wire.MAIL_RECIPIENTS)


def results_in(kafka_tools: KafkaTools, topics: Topics) -> list[dict[str, Any]]:
    return [orjson.loads(one.value or b"") for one in kafka_tools.read_all(topics.results)]


def origins(topic: str, places: Iterable[tuple[int, int]]) -> Counter[str]:
    return Counter(f"{topic}/{partition}/{offset}" for partition, offset in places)


def origin_of(letter: Record) -> str:
    return dict(letter.headers)[wire.MAIL_ORIGIN].decode()


@pytest.mark.timeout(240)
def test_each_of_ten_thousand_wrong_records_has_one_result_and_the_process_stays_as_it_is(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    tier = f"{topics.queue}-retry-1s"
    for topic in (topics.queue, tier):
        kafka_tools.create_topic(topic, PARTITIONS)
    wrong = fuzzed(17, COUNT)
    first = kafka_tools.produce(topics.queue, islice(wrong, COUNT // 5))
    with services.to(relay.port, RETRY_DELAYS="1s") as service:
        kafka_tools.wait_for_records(topics.results, len(first), within=60)
        pid = service.process.pid
        before_mb = resident_mb(pid)
        in_tier = kafka_tools.produce(tier, islice(wrong, IN_TIER))
        rest = kafka_tools.produce(topics.queue, wrong)
        kafka_tools.wait_for_records(topics.results, COUNT, within=90)
        service.wait_for(
            lambda: kafka_tools.lag(topics.group, topics.queue) == 0, "nothing is left to be read"
        )
        after_mb = resident_mb(pid)
        assert service.health("/health/live") == 200
        service.terminate()
        assert service.wait() == 0
        assert not [one for one in service.events if "Traceback" in str(one)]

    results = results_in(kafka_tools, topics)
    expected = origins(topics.queue, first + rest) + origins(tier, in_tier)
    assert expected == Counter(result["origin"] for result in results)
    dead_ones = Counter(result["origin"] for result in results if result["status"] == "dead")
    assert dead_ones == Counter(map(origin_of, kafka_tools.read_all(topics.dlq)))
    assert set(Counter(result["status"] for result in results)) == {"delivered", "dead", "expired"}
    assert after_mb - before_mb < GROWTH_MB


def test_replayed_letters_whose_headers_are_broken_are_dead_again_and_name_them(
    services: Services,
    kafka_tools: KafkaTools,
    topics: Topics,
    relay: RelayThread,
    dlq: CommandLine,
) -> None:
    """A replay leaves the attempts and the wait behind, so nothing of those can be broken."""
    for topic in (topics.queue, topics.dlq):
        kafka_tools.create_topic(topic, 1)
    broken = [(name, value) for name, value in BROKEN_HEADERS if name in KEPT]
    edited = [edited_letter(number, {name: value}) for number, (name, value) in enumerate(broken)]
    left_behind = [
        edited_letter(100 + number, {wire.MAIL_ATTEMPT: value, wire.MAIL_NOT_BEFORE: value})
        for number, value in enumerate(GARBAGE)
    ]
    kafka_tools.produce(topics.dlq, [*edited, *left_behind])
    count = len(edited) + len(left_behind)
    assert dlq("replay", "--all").code == 0
    with services.to(relay.port) as service:
        kafka_tools.wait_for_records(topics.results, count)
        letters = kafka_tools.wait_for_records(topics.dlq, count + len(edited))[count:]
        service.terminate()
        assert service.wait() == 0

    assert Counter(relay.recipients) == {
        f"flat-{100 + number}@example.com": 1 for number in range(len(left_behind))
    }
    told = {one.key: dict(one.headers)[wire.MAIL_ERROR_TEXT].decode() for one in letters}
    assert len(told) == len(letters) == len(edited)
    for number, (name, _) in enumerate(broken):
        assert told[edited[number].key].startswith(f"header {name}: ")
    assert {one.value for one in letters} == {one.value for one in edited}
    assert Counter(one["status"] for one in results_in(kafka_tools, topics)) == {
        "dead": len(edited),
        "delivered": len(left_behind),
    }


def edited_letter(number: int, headers: Mapping[str, bytes]) -> Produced:
    whole = dead(number)
    kept = [header for header in whole.headers if header[0] not in headers]
    return replace(whole, headers=(*kept, *headers.items()))
