"""When a failed job is tried again, and after how long."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from app.flow.backoff import Backoff
from app.flow.checks import require_count

if TYPE_CHECKING:
    from collections.abc import Callable


def any_exception(error: BaseException) -> bool:
    """Every ordinary exception; not those that end the program or cancel a task."""
    return isinstance(error, Exception)


class RetryPolicy:
    """At most `max_retries` more attempts, each after the delay that `Backoff` gives.

    `retry_if(error)` decides which errors are worth another attempt; it sees what the handler
    raised, and `JobTimeout` for an attempt that took too long.
    """

    __slots__ = ("_backoff", "max_retries", "retry_if")

    def __init__(  # noqa: PLR0917 - the order is that of docs/pool.md
        self,
        max_retries: int = 3,
        base: float = 1.0,
        factor: float = 2.0,
        cap: float = 60.0,
        jitter: float = 0.1,
        retry_if: Callable[[BaseException], bool] = any_exception,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        require_count("max_retries", max_retries, least=0)
        self.max_retries = max_retries
        self.retry_if = retry_if
        self._backoff = Backoff(base, factor, cap, jitter, chance=chance)

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # not in 3.11's typing
        return f"RetryPolicy({self.max_retries}, {self._backoff!r})"

    def delay(self, n: int) -> float:
        """Seconds before retry `n`, counted from 0."""
        return self._backoff.delay(n)

    def next_delay(self, attempts: int, error: BaseException) -> float | None:
        """Seconds until the attempt after these; None when there is none."""
        if attempts > self.max_retries or not self.retry_if(error):
            return None
        return self._backoff.delay(attempts - 1)
