"""Pure logic of flow: breaker, backoff, rates and limits, retry policy, clock."""

from app.flow.adaptive_limit import AdaptiveLimit
from app.flow.backoff import Backoff
from app.flow.breaker import BreakerState, CircuitBreaker
from app.flow.clock import Clock, ManualClock, SystemClock, Timer
from app.flow.retry_policy import RetryPolicy
from app.flow.shared_rate import SharedRate, Use, part_of
from app.flow.token_bucket import TokenBucket

__all__ = [
    "AdaptiveLimit",
    "Backoff",
    "BreakerState",
    "CircuitBreaker",
    "Clock",
    "ManualClock",
    "RetryPolicy",
    "SharedRate",
    "SystemClock",
    "Timer",
    "TokenBucket",
    "Use",
    "part_of",
]
