"""What the pool raises."""

from __future__ import annotations


class PoolError(Exception):
    """Base of everything the pool raises by itself."""


class InvalidConfig(PoolError, ValueError):
    """A field of `PoolConfig` breaks its rule; carries `field`, `value` and `rule`."""

    def __init__(self, field: str, value: object, rule: str) -> None:
        super().__init__(f"{field} is {value!r}; allowed: {rule}")
        self.field = field
        self.value = value
        self.rule = rule


class PoolNotStarted(PoolError):
    """The pool takes work only after `start`."""


class PoolAlreadyStarted(PoolError):
    """A pool is started once."""


class PoolClosed(PoolError):
    """The pool is stopping or has stopped, and takes nothing more."""


class QueueFull(PoolError):
    """There is no room now."""


class SubmitTimeout(PoolError, TimeoutError):
    """There was no room within the time given to `submit`."""


class JobTooLarge(PoolError):
    """The declared size is above `max_bytes`: the job could never fit."""


class JobExpired(PoolError):
    """The job's `expires_at` or `deadline` passed before it could start."""


class JobTimeout(PoolError, TimeoutError):
    """The job's handler did not end in the time it had."""


class JobCancelled(PoolError):
    """The job was cancelled."""


class JobAbandoned(PoolError):
    """The pool stopped before the job was done."""


class NoResult(PoolError):
    """No result was there within the time given."""


class AtMaxWorkers(PoolError):
    """The pool may not have more workers."""


class AtMinWorkers(PoolError):
    """The pool may not have fewer workers."""
