"""What becomes of messages, as scrapes show it."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry

from app.domain.claim import Claim
from app.domain.outcome import ErrorKind, Status
from app.domain.record import Outgoing
from app.outcomes.decision import Decision
from app.telemetry import MailMetrics, Metrics
from app.telemetry.mail_metrics import MOST_DOMAINS, MOST_TYPES
from app.telemetry.metrics import exposition

S, K = Status, ErrorKind
DEAD_LETTERS = "email-dlq"


class Rig:
    def __init__(self) -> None:
        self.metrics = Metrics()
        self.trace: str | None = None
        self.mail = MailMetrics(self.metrics, DEAD_LETTERS, lambda: self.trace)
        self._registry = CollectorRegistry()
        self._registry.register(self.metrics)

    def hear(
        self,
        status: Status | None,
        kind: ErrorKind | None = None,
        *to: tuple[str, Status],
        letters: tuple[str, ...] = (),
        template: str | None = None,
        age_s: float | None = 1.0,
        **fields: Any,
    ) -> None:
        recipients = [
            {"address": address, "status": each, "code": 250}
            for address, each in to or [("ann@example.com", status or S.RETRYING)]
        ]
        self.mail.hear(
            Decision(
                Claim("q", 0, 0, 1),
                status,
                kind,
                tuple(Outgoing(topic, 0, None, None) for topic in letters),
                fields={"type": None, "relay": "mail:587", **fields, "recipients": recipients},
                template=template,
                age_s=age_s,
            )
        )

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(f"mailer_{name}", labels)


def test_an_outcome_counts_by_what_it_was_and_whose() -> None:
    rig = Rig()
    rig.hear(S.DELIVERED, type="receipt", template="receipt.html", age_s=0.3)
    rig.hear(S.DELIVERED, type="receipt", template="receipt.html", age_s=40)
    rig.hear(S.DEAD, K.RECIPIENT, ("bob@other.example", S.DEAD), letters=(DEAD_LETTERS,))
    assert rig.value("outcomes_total", status="delivered", kind="none") == 2
    assert rig.value("outcomes_total", status="dead", kind="recipient") == 1
    assert rig.value("outcomes_by_type_total", type="receipt", status="delivered") == 2
    assert rig.value("outcomes_by_type_total", type="none", status="dead") == 1
    template = {"template": "receipt.html", "status": "delivered"}
    assert rig.value("outcomes_by_template_total", **template) == 2
    assert rig.value("outcomes_by_relay_total", relay="mail:587", status="delivered") == 2
    assert rig.value("recipients_total", domain="example.com", status="delivered") == 2
    assert rig.value("recipients_total", domain="other.example", status="dead") == 1
    assert rig.value("delivery_age_seconds_count") == 2
    assert rig.value("delivery_age_seconds_bucket", le="0.5") == 1


def test_recipients_of_one_message_count_one_by_one() -> None:
    rig = Rig()
    rig.hear(S.DELIVERED, None, ("a@one.example", S.DELIVERED), ("b@two.example", S.DEAD))
    assert rig.value("recipients_total", domain="one.example", status="delivered") == 1
    assert rig.value("recipients_total", domain="two.example", status="dead") == 1


def test_records_for_other_topics_count_also_of_what_merely_waits() -> None:
    rig = Rig()
    rig.hear(None, letters=("email-queue-retry-5m",))
    rig.hear(S.RETRYING, K.TEMPORARY, letters=("email-queue-retry-5m", DEAD_LETTERS))
    assert rig.value("retries_total", topic="email-queue-retry-5m") == 2
    assert rig.value("dead_letters_total", kind="temporary") == 1
    assert rig.value("outcomes_total", status="retrying", kind="temporary") == 1


def test_series_that_alerts_watch_are_there_before_anything_happens() -> None:
    rig = Rig()
    assert [0] * len(K) == [rig.value("dead_letters_total", kind=kind) for kind in K]


def test_the_last_hundred_tell_what_they_came_to() -> None:
    rig = Rig()
    for _ in range(90):
        rig.hear(S.DELIVERED)
    for _ in range(15):
        rig.hear(S.DEAD, K.RECIPIENT, letters=(DEAD_LETTERS,))
    rig.hear(S.DEAD, K.CONTENT, letters=(DEAD_LETTERS,))
    for _ in range(50):
        rig.hear(S.RETRYING, K.TEMPORARY, letters=("email-queue-retry-5m",))
    fates = ("delivered", "bounced", "dead")
    assert [84, 15, 1] == [rig.value("last_outcomes", fate=fate) for fate in fates]


def test_what_producers_choose_is_bounded() -> None:
    rig = Rig()
    for number in range(3 * MOST_DOMAINS):
        to = (f"ann@d{number}.example", S.DELIVERED)
        rig.hear(S.DELIVERED, None, to, type=f"type-{number}", template=f"t-{number}")
    others = 3 * MOST_DOMAINS - MOST_TYPES
    assert rig.value("outcomes_by_type_total", type="other", status="delivered") == others
    assert rig.value("outcomes_by_template_total", template="other", status="delivered") == others
    domains = {"domain": "other", "status": "delivered"}
    assert rig.value("recipients_total", **domains) == 2 * MOST_DOMAINS
    assert "@" not in exposition(rig.metrics.snapshot(), openmetrics=True)


def test_a_delivery_of_unknown_age_has_none() -> None:
    rig = Rig()
    rig.hear(S.DELIVERED, age_s=None)
    assert rig.value("delivery_age_seconds_count") == 0


def test_a_traced_delivery_is_an_exemplar() -> None:
    rig = Rig()
    rig.trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    rig.hear(S.DELIVERED, age_s=0.3)
    text = exposition(rig.metrics.snapshot(), openmetrics=True)
    (line,) = [line for line in text.splitlines() if "trace_id" in line]
    assert 'delivery_age_seconds_bucket{le="0.5"} 1.0 # {trace_id="4bf9' in line
