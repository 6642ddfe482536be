"""Each producer of `examples/` writes to a real topic, and its mail arrives."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, NamedTuple

import orjson
import pytest

from tests.support.backends import NotAvailable
from tests.support.examples import EXAMPLES, LANGUAGES, Example
from tests.support.relay_thread import RelayThread
from tests.support.services import Services
from tests.support.topics import Topics
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.service import Service
    from tests.support.smtp_session import Mail


class Running(NamedTuple):
    """The service between a topic and a mailbox; `narrow` is a topic that takes no message."""

    topics: Topics
    narrow: str
    service: Service
    mailbox: RelayThread
    kafka: Broker

    def mail_to(self, recipient: str) -> Mail | None:
        mails = tuple(self.mailbox.server.mails)
        return next((mail for mail in mails if recipient in mail.recipients), None)


@pytest.fixture(scope="module")
def running(
    kafka: Broker, kafka_tools: KafkaTools, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    topics = Topics.unique()
    kafka_tools.create_topic(topics.queue, 3)
    narrow = f"{topics.prefix}-narrow"
    kafka_tools.create_topic(narrow, 1, {"max.message.bytes": "20"})
    services = Services(tmp_path_factory.mktemp("service"), kafka.brokers, topics)
    with RelayThread() as mailbox, services.to(mailbox.port) as service:
        service.wait_ready()
        yield Running(topics, narrow, service, mailbox, kafka)
    kafka_tools.delete_topics_of(topics)


@pytest.mark.timeout(400)  # the first time, compilers and packages are fetched for it
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_of_an_example_arrives_and_a_refusal_is_told(
    language: str,
    running: Running,
    kafka_tools: KafkaTools,
    tmp_path_factory: pytest.TempPathFactory,
    without: Callable[[str, str], None],
) -> None:
    example = Example(language, tmp_path_factory.mktemp("example"))
    try:
        example.prepare()
    except NotAvailable as why:
        without(f"the {language} of examples/", str(why))
    recipient, identifier = f"{language}@example.com", f"order-of-{language}"
    env = {"KAFKA_BROKERS": running.kafka.brokers, "KAFKA_TOPIC": running.topics.queue}
    ended = example.run(recipient, identifier, env)
    assert ended.code == 0, ended
    assert running.topics.queue in ended.out
    wait_until(lambda: running.mail_to(recipient), f"{language}'s mail", 30)
    mail = running.mail_to(recipient)
    assert mail is not None
    assert message_from_bytes(mail.content, policy=default)["subject"] == "Your order"
    records = kafka_tools.read_all(running.topics.queue)
    (record,) = [each for each in records if each.key == identifier.encode()]
    assert orjson.loads(record.value or b"")["id"] == identifier
    if running.kafka.is_apache:
        refused = example.run(recipient, identifier, {**env, "KAFKA_TOPIC": running.narrow})
        assert refused.code != 0, "it does not wait for the acknowledgement"
        assert running.narrow not in refused.out


def test_every_example_is_tried() -> None:
    assert {each.name for each in EXAMPLES.iterdir() if each.is_dir()} == set(LANGUAGES)


def test_no_example_says_where_its_packages_are_fetched_from() -> None:
    lock = (EXAMPLES / "node" / "package-lock.json").read_text()
    assert "integrity" in lock
    assert not re.search(r"https?://|resolved", lock)
