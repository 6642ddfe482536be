"""Metrics of reading Kafka."""

from __future__ import annotations

from typing import Final

from app.telemetry.metrics.definition import counter, gauge

RECORDS: Final = counter(
    "intake_records", "Records read, those that are read again after a rebalance too", "topic"
)
READ_BYTES: Final = counter("intake_bytes", "Keys and values of the records read", "topic")
LAG_RECORDS: Final = gauge(
    "intake_lag_records",
    "Records of the queue not taken up, as of the last read",
    *("topic", "partition"),
)
LAG_SECONDS: Final = gauge(
    "intake_lag_seconds",
    "How long ago the oldest record of the queue that is not taken up was written",
    *("topic", "partition"),
)
UNSETTLED: Final = gauge(
    "intake_unsettled", "Messages taken up and not settled", "topic", "partition"
)
OLDEST_UNSETTLED: Final = gauge(
    "intake_oldest_unsettled_seconds",
    "How long ago the first message that is not settled was taken up",
    *("topic", "partition"),
)
CHECKPOINT_BYTES: Final = gauge(
    "intake_checkpoint_bytes",
    "Size of the last checkpoint; Kafka takes 4,096",
    *("topic", "partition"),
)
CHECKPOINT_AGE: Final = gauge(
    "intake_checkpoint_age_seconds", "Since the group last took a checkpoint", "reader"
)
CHECKPOINT_OVERDUE: Final = gauge(
    "intake_checkpoint_overdue",
    "1 while a checkpoint is so late that nothing may be sent",
    "reader",
)
REBALANCES: Final = counter("intake_rebalances", "Assignments that the group gave", "reader")
PAUSES: Final = counter(
    "intake_pauses", "Times that reading stopped because there was no room", "reader"
)
PAUSED_SECONDS: Final = counter(
    "intake_paused_seconds", "Time in which there was no room for what could be read", "reader"
)
GONE: Final = counter(
    "unsettled_gone",
    "Messages taken up and not settled that their topic no longer holds; they are lost",
)

INTAKE: Final = (
    *(RECORDS, READ_BYTES, LAG_RECORDS, LAG_SECONDS, UNSETTLED, OLDEST_UNSETTLED),
    *(CHECKPOINT_AGE, CHECKPOINT_BYTES, CHECKPOINT_OVERDUE, REBALANCES, PAUSES, PAUSED_SECONDS),
    GONE,
)
