"""Every issue that health can name: its code, how grave it is, what it means, what to do."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(StrEnum):
    """CRITICAL: no mail flows through this instance. WARNING: it flows all the same."""

    CRITICAL = "critical"
    WARNING = "warning"


class Code(StrEnum):
    """Stable names, for alerts and for searching the documentation."""

    STARTING = "starting"
    NOT_JOINED = "not_joined"
    DRAINING = "draining"
    PAUSED = "paused"
    LOOP_STALLED = "loop_stalled"
    KAFKA_AWAY = "kafka_away"
    KAFKA_DEGRADED = "kafka_degraded"
    READING = "reading"
    CHECKPOINTS = "checkpoints"
    PUBLISHING = "publishing"
    RELAY_AWAY = "relay_away"
    RELAYS_AWAY = "relays_away"
    RESULTS_REFUSED = "results_refused"
    SUPPRESSIONS_REFUSED = "suppressions_refused"
    SUPPRESSIONS_STALE = "suppressions_stale"
    SHARED_STORE = "shared_store"
    RULES_REFUSED = "rules_refused"
    STAGING = "staging"
    TEMPLATE_BROKEN = "template_broken"
    JOBS_STUCK = "jobs_stuck"
    MANY_DEAD = "many_dead"
    MANY_RETRIES = "many_retries"
    OTHER = "other"


class Definition(NamedTuple):
    """`meaning` and `action` are sentences for whoever is called at night."""

    severity: Severity
    meaning: str
    action: str


_CRITICAL, _WARNING = Severity.CRITICAL, Severity.WARNING

DEFINITIONS: Final[Mapping[Code, Definition]] = {
    Code.STARTING: Definition(
        _CRITICAL,
        "The service waits for Kafka, makes its topics, or reads the suppressions.",
        "Wait a minute. If it stays, the log says what it waits for.",
    ),
    Code.NOT_JOINED: Definition(
        _CRITICAL,
        "The consumer group has not given this instance its partitions, or their checkpoints are "
        "not read yet.",
        "A rebalance takes seconds. If it stays, look at the group's members and at Kafka.",
    ),
    Code.DRAINING: Definition(
        _CRITICAL,
        "What runs may end; nothing new is taken up.",
        "Nothing, if this was asked for. Resume, or start the instance again.",
    ),
    Code.PAUSED: Definition(
        _CRITICAL,
        "An operator has paused sending; messages wait.",
        "Resume when the reason is gone: POST /admin/resume.",
    ),
    Code.LOOP_STALLED: Definition(
        _CRITICAL,
        "A loop of the service stands still. After a minute the process ends itself.",
        "Let it be restarted; nothing is lost. Keep its log, this is a bug or a machine that "
        "stands still.",
    ),
    Code.KAFKA_AWAY: Definition(
        _CRITICAL,
        "The brokers do not answer, or a topic is gone.",
        "See that Kafka runs and can be reached from here, and that the topic exists.",
    ),
    Code.KAFKA_DEGRADED: Definition(
        _WARNING,
        "A broker that holds partitions of our topics does not answer; the others carry on.",
        "See to that broker before another one fails; it is asked again by itself.",
    ),
    Code.READING: Definition(
        _CRITICAL,
        "Records cannot be read, or the group cannot be joined.",
        "The text has Kafka's reason. See to rights, topics and brokers.",
    ),
    Code.CHECKPOINTS: Definition(
        _CRITICAL,
        "Checkpoints cannot be written; while one is overdue, nothing is sent.",
        "The text has Kafka's reason. See to the group's coordinator and to rights on the group.",
    ),
    Code.PUBLISHING: Definition(
        _CRITICAL,
        "What became of messages cannot be written, so they stay unsettled and reading stops.",
        "The text has Kafka's reason. See to brokers, topics and rights.",
    ),
    Code.RELAY_AWAY: Definition(
        _WARNING,
        "One relay is left alone; others take the mail.",
        "The text has the relay's last words. See that it runs; it is tried again by itself.",
    ),
    Code.RELAYS_AWAY: Definition(
        _CRITICAL,
        "No relay may be asked; mail waits in Kafka, and no attempt is burnt.",
        "The text has the relay's last words. See to the relay, the way to it and its "
        "credentials; it is tried again by itself, at once after POST /admin/relays/{name}/reset.",
    ),
    Code.RESULTS_REFUSED: Definition(
        _WARNING,
        "The results' topic refuses results for good; only the log has them.",
        "See to the topic's existence, its largest message, and rights.",
    ),
    Code.SUPPRESSIONS_REFUSED: Definition(
        _WARNING,
        "The suppressions' topic refuses entries; addresses that bounced will be tried again.",
        "See to the topic's existence and rights.",
    ),
    Code.SUPPRESSIONS_STALE: Definition(
        _WARNING,
        "The suppressions cannot be followed; what was known before counts.",
        "The text has Kafka's reason. See to the topic and to rights.",
    ),
    Code.SHARED_STORE: Definition(
        _WARNING,
        "The shared store is away: duplicates may be sent, and rates stay divided as they were.",
        "See that the server of STATE_URL runs and can be reached.",
    ),
    Code.RULES_REFUSED: Definition(
        _WARNING,
        "The file of SMTP_RULES cannot be used as it is now; the rules before it stay in force.",
        "The text has the rule and what is wrong. Mend the file and send SIGHUP.",
    ),
    Code.STAGING: Definition(
        _WARNING,
        "Mail is kept from its recipients: EMAIL_DRY_RUN, EMAIL_REDIRECT_TO or "
        "EMAIL_ALLOW_DOMAINS is set.",
        "Nothing in a staging system. In production, remove the setting and restart.",
    ),
    Code.TEMPLATE_BROKEN: Definition(
        _WARNING,
        "A template cannot be used as it was last edited; the version before it stays in use.",
        "The text has file, line and what is wrong. Mend the file; it is read again by itself.",
    ),
    Code.JOBS_STUCK: Definition(
        _WARNING,
        "Mails have been on their way for more than twice EMAIL_JOB_TIMEOUT.",
        "See whether the relay answers slowly; the others go on meanwhile.",
    ),
    Code.MANY_DEAD: Definition(
        _WARNING,
        "More than 20 of the last 100 messages bounced or came to a dead letter otherwise.",
        "Dead letters by kind say whether a list of addresses, a sender or a relay is the reason: "
        "`kafka-mailer dlq stats`. Stop it at its source, or pause sending.",
    ),
    Code.MANY_RETRIES: Definition(
        _WARNING,
        "More than 20 of the last 100 attempts failed and are tried again later.",
        "The relay defers mail or loses connections; the log's email.retrying has its replies. "
        "See to the relay.",
    ),
    Code.OTHER: Definition(
        _WARNING,
        "Some other part of the service has trouble, which the text names.",
        "The log has more.",
    ),
}
