"""The operator's rules for replies while the service runs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.domain.errors import Fatal
from app.outcomes import Judge
from app.settings import read_rules
from app.telemetry.metrics import mail

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from app.domain.reply_rule import ReplyRule
    from app.pipeline.watchdog import Pulse
    from app.settings import Settings
    from app.telemetry import Metrics

log = logging.getLogger(__name__)


class ReplyRules:
    """The rules of `SMTP_RULES`, and the judge that uses them.

    `relays`: names that a rule may hold; one for another relay is logged, for it never matches.
    Raises `Fatal` when the file cannot be used (any more: the settings have read it before).
    """

    def __init__(
        self,
        settings: Settings,
        relays: Collection[str],
        metrics: Metrics,
        pulse: Pulse,
    ) -> None:
        self._path: Path | None = settings.smtp_rules
        self._relays = relays
        self._pulse = pulse
        self._matches = metrics.counter(mail.RULE_MATCHES)
        self.judge = Judge(on_ambiguous=settings.smtp_on_ambiguous, decided=self._count)
        if self._path is not None:
            try:
                self._take(read_rules(self._path))
            except ValueError as error:
                raise Fatal(f"SMTP_RULES: {self._path}: {error}") from None

    def reload(self) -> None:
        """Read the file again; where it cannot be used the rules stay, and log and health say so.

        Never raises.
        """
        if self._path is None:
            return
        try:
            rules = read_rules(self._path)
        except ValueError as error:
            self._pulse.trouble(f"{self._path} is not used, the rules before it stay: {error}")
            return
        self._pulse.trouble(None)
        self._take(rules)
        log.info("%d rules for replies read from %s", len(rules), self._path)

    def _take(self, rules: tuple[ReplyRule, ...]) -> None:
        self.judge.rules = rules
        for rule in rules:
            self._matches.of(rule.name)  # shown as 0 from the start
            if rule.relay is not None and rule.relay not in self._relays:
                log.warning(
                    "SMTP_RULES: %s is for the relay %s, which is none of %s",
                    rule.name,
                    rule.relay,
                    ", ".join(self._relays),
                )

    def _count(self, rule: ReplyRule) -> None:
        self._matches.of(rule.name).add()
