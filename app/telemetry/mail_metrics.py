"""What becomes of messages, as metrics."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.outcome import ErrorKind, Status
from app.telemetry.last_outcomes import BOUNCED, DEAD, DELIVERED, FATES, LastOutcomes
from app.telemetry.metrics import Reading, mail, untraced
from app.telemetry.metrics.bounded import NONE, BoundedLabel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.telemetry.mail_log import MailEvent
    from app.telemetry.metrics import Count, Metrics, TraceId

MOST_TYPES: Final = 100
MOST_TEMPLATES: Final = 100
MOST_DOMAINS: Final = 300
_MOST_REMEMBERED: Final = 2000


class _Counts(NamedTuple):
    """The series in which one sort of outcome counts."""

    outcomes: Count
    by_type: Count
    by_template: Count
    by_relay: Count


class MailMetrics:
    """Hears each outcome once (`MailLog.heard`); a few microseconds each.

    `last`: where what lately came to messages is kept for others too.
    """

    def __init__(
        self,
        metrics: Metrics,
        dead_letters: str,
        trace_id: TraceId = untraced,
        *,
        last: LastOutcomes | None = None,
    ) -> None:
        self._dead_letters_topic = dead_letters
        self._trace_id = trace_id
        self._outcomes = metrics.counter(mail.OUTCOMES)
        self._by_type = metrics.counter(mail.BY_TYPE)
        self._by_template = metrics.counter(mail.BY_TEMPLATE)
        self._by_relay = metrics.counter(mail.BY_RELAY)
        self._recipients = metrics.counter(mail.RECIPIENTS)
        self._age = metrics.histogram(mail.AGE).of()
        self._dead_letters = metrics.counter(mail.DEAD_LETTERS)
        self._retries = metrics.counter(mail.RETRIES)
        self._types = BoundedLabel(MOST_TYPES)
        self._templates = BoundedLabel(MOST_TEMPLATES)
        self._domains = BoundedLabel(MOST_DOMAINS)
        self._counts: dict[object, _Counts] = {}
        self._by_domain: dict[tuple[str, str], Count] = {}
        self._last = LastOutcomes(time.monotonic) if last is None else last
        metrics.source(self._lately)
        # A rate sees only a series that was there before: these must not be missed.
        for kind in ErrorKind:
            self._dead_letters.of(kind)
        for status in Status:
            self._outcomes.of(status, NONE)

    def hear(self, outcome: MailEvent) -> None:
        """One more outcome."""
        dead = bool(outcome.letters) and self._written(outcome)
        status = outcome.status
        if status is None:
            return
        fields = outcome.fields
        key = (status, outcome.kind, fields["type"], outcome.template, fields["relay"])
        counts = self._counts.get(key) or self._remember(key)
        for count in counts:
            count.value += 1
        for recipient in fields["recipients"]:
            self._count_recipient(recipient["address"], recipient["status"])
        if dead:
            self._last.ended(BOUNCED if outcome.kind is ErrorKind.RECIPIENT else DEAD)
        elif status is Status.DELIVERED:
            self._last.ended(DELIVERED)
        elif status is Status.RETRYING:
            self._last.put_off()
        if status is Status.DELIVERED and outcome.age_s is not None:
            self._age.observe(outcome.age_s, self._trace_id())

    def _written(self, outcome: MailEvent) -> bool:
        """Count the records that go to other topics; whether any is a dead letter."""
        dead = False
        for letter in outcome.letters:
            if letter.topic == self._dead_letters_topic:
                dead = True
                self._dead_letters.of(outcome.kind or NONE).add(1, self._trace_id())
            else:
                self._retries.of(letter.topic).add()
        return dead

    def _remember(
        self, key: tuple[Status, ErrorKind | None, str | None, str | None, str | None]
    ) -> _Counts:
        status, kind, type_, template, relay = key
        if len(self._counts) >= _MOST_REMEMBERED:
            self._counts.clear()
        found = self._counts[key] = _Counts(
            self._outcomes.of(status, kind or NONE),
            self._by_type.of(self._types(type_), status),
            self._by_template.of(self._templates(template), status),
            self._by_relay.of(relay or NONE, status),
        )
        return found

    def _count_recipient(self, address: str, status: str) -> None:
        key = (address[address.rfind("@") + 1 :], status)
        count = self._by_domain.get(key)
        if count is None:
            if len(self._by_domain) >= _MOST_REMEMBERED:
                self._by_domain.clear()
            count = self._recipients.of(self._domains(key[0]), status)
            self._by_domain[key] = count
        count.value += 1

    def _lately(self) -> Iterator[Reading]:
        last = self._last.fates()
        for fate in FATES:
            yield Reading(mail.LAST, (fate,), last[fate])
