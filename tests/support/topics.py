"""Names that one test has for itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Topics:
    """Every topic's name begins with `prefix`; so do those derived from them (retry tiers)."""

    prefix: str

    @classmethod
    def unique(cls) -> Topics:
        return cls(f"t{uuid4().hex[:10]}")

    @property
    def queue(self) -> str:
        return f"{self.prefix}-queue"

    @property
    def dlq(self) -> str:
        return f"{self.prefix}-dlq"

    @property
    def results(self) -> str:
        return f"{self.prefix}-results"

    @property
    def suppressions(self) -> str:
        return f"{self.prefix}-suppressions"

    @property
    def group(self) -> str:
        return f"{self.prefix}-group"

    def env(self) -> dict[str, str]:
        """As the service's environment wants them."""
        return {
            "KAFKA_TOPIC": self.queue,
            "KAFKA_GROUP_ID": self.group,
            "EMAIL_DLQ_TOPIC": self.dlq,
            "EMAIL_RESULTS_TOPIC": self.results,
            "EMAIL_SUPPRESSIONS_TOPIC": self.suppressions,
        }
