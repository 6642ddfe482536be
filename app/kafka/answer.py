"""What becomes of a record that was to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aiokafka.errors import (
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)

from app.domain.errors import MailerError

if TYPE_CHECKING:
    from aiokafka.errors import KafkaError

# What no repetition can change: the broker refuses this record, or us, for good.
REFUSALS = (
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)


class Written(NamedTuple):
    """Where a record landed."""

    topic: str
    partition: int
    offset: int


class PublishError(MailerError):
    """A record that the brokers refuse for good; `too_large` tells why in the one mendable case.

    `topic_wide`: so they would every other record for the topic, until an operator helps.
    """

    def __init__(
        self, topic: str, reason: str, *, too_large: bool, topic_wide: bool = False
    ) -> None:
        super().__init__(f"topic {topic} refuses the record: {reason}")
        self.topic = topic
        self.reason = reason
        self.too_large = too_large
        self.topic_wide = topic_wide


def refusal(topic: str, error: KafkaError) -> PublishError:
    if isinstance(error, TopicAuthorizationFailedError):
        reason = "Kafka does not grant WRITE on the topic"
        return PublishError(topic, reason, too_large=False, topic_wide=True)
    too_large = isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError)
    return PublishError(topic, str(error) or type(error).__name__, too_large=too_large)
