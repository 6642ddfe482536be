"""A thin typed edge over aiokafka: the only place that knows the client library."""

from app.kafka.admin import NO_OFFSET, Admin, Committed, TopicInfo, TopicSpec
from app.kafka.answer import PublishError, Written
from app.kafka.bounded import persistent
from app.kafka.config import KafkaConfig
from app.kafka.connection import wait_for_brokers
from app.kafka.consumer import (
    Assignment,
    Commit,
    CommitRefused,
    Consumer,
    GroupTimes,
    KafkaError,
    OffsetsOutOfRange,
    written_ends,
)
from app.kafka.leftovers import hush
from app.kafka.log_reader import LogReader
from app.kafka.producer import Producer
from app.kafka.refusal import Refusal, reason_of, refusal_of
from app.kafka.rights import Right
from app.kafka.roll_call import Roll, RollCall
from app.kafka.survey import ClusterState, GroupState, Survey, Visited, visit
from app.kafka.transactions import Superseded, Transactions

__all__ = [
    "NO_OFFSET",
    "Admin",
    "Assignment",
    "ClusterState",
    "Commit",
    "CommitRefused",
    "Committed",
    "Consumer",
    "GroupState",
    "GroupTimes",
    "KafkaConfig",
    "KafkaError",
    "LogReader",
    "OffsetsOutOfRange",
    "Producer",
    "PublishError",
    "Refusal",
    "Right",
    "Roll",
    "RollCall",
    "Superseded",
    "Survey",
    "TopicInfo",
    "TopicSpec",
    "Transactions",
    "Visited",
    "Written",
    "hush",
    "persistent",
    "reason_of",
    "refusal_of",
    "visit",
    "wait_for_brokers",
    "written_ends",
]
