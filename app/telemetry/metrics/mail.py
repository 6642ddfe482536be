"""Metrics of what becomes of messages."""

from __future__ import annotations

from typing import Final

from app.telemetry.metrics.definition import counter, gauge, histogram

# Composing takes microseconds, large attachments and templates milliseconds.
COMPOSE_BUCKETS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0)
# From at once to the end of the retries, about a day.
AGE_BUCKETS: Final = (
    *(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
    *(300.0, 1800.0, 3600.0, 14400.0, 43200.0, 86400.0),
)

OUTCOMES: Final = counter(
    "outcomes",
    "Results of messages by status; kind says why it was not delivered, none if it was",
    *("status", "kind"),
)
BY_TYPE: Final = counter(
    "outcomes_by_type", "Results by the message's type; rare ones are other", "type", "status"
)
BY_TEMPLATE: Final = counter(
    "outcomes_by_template", "Results by the message's template", "template", "status"
)
BY_RELAY: Final = counter(
    "outcomes_by_relay", "Results by the relay that was asked; none if none was", "relay", "status"
)
RECIPIENTS: Final = counter(
    "recipients", "Results by recipient and its domain; rare ones are other", "domain", "status"
)
RULE_MATCHES: Final = counter(
    "reply_rule_matches", "Replies that a rule of SMTP_RULES judged, by its name", "rule"
)
LAST: Final = gauge(
    "last_outcomes",
    "What the last 100 messages that ended came to: delivered, bounced (an address that is "
    "refused), dead (any other dead letter)",
    "fate",
)
AGE: Final = histogram(
    "delivery_age_seconds",
    "Age at delivery, from the first record or send_at to the relay's acceptance",
    AGE_BUCKETS,
)
COMPOSE: Final = histogram("compose_seconds", "Composing a message", COMPOSE_BUCKETS)
DEAD_LETTERS: Final = counter("dead_letters", "Records for the dead-letter topic", "kind")
RETRIES: Final = counter("retries", "Messages for a retry topic, to wait there", "topic")
WAITING: Final = gauge(
    "retry_waiting", "Messages in a retry topic, in the partitions read here", "topic"
)
OVERDUE: Final = gauge(
    "retry_overdue_seconds",
    "How long ago the oldest message of a retry topic was due, by the topic's delay; 0 if none is",
    "topic",
)
PENDING: Final = gauge("outcomes_pending", "Outcomes that Kafka has not acknowledged yet")
PENDING_BYTES: Final = gauge("outcomes_pending_bytes", "Size of these outcomes' records")
RESULTS_REFUSED: Final = counter(
    "results_refused", "Results that their topic refused for good; only the log has them"
)
SUPPRESSIONS: Final = gauge("suppressions", "Addresses suppressed, as known")
SUPPRESSIONS_REFUSED: Final = counter(
    "suppressions_refused",
    "Addresses that bounced and that the suppressions' topic refused for good",
)

MAIL: Final = (
    *(OUTCOMES, BY_TYPE, BY_TEMPLATE, BY_RELAY, RECIPIENTS, LAST, AGE, COMPOSE),
    *(RULE_MATCHES, PENDING, PENDING_BYTES, RESULTS_REFUSED),
)
AFTERWARDS: Final = (RETRIES, WAITING, OVERDUE, DEAD_LETTERS, SUPPRESSIONS, SUPPRESSIONS_REFUSED)
