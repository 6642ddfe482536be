"""Calling observer, plugins and `on_error`, none of which may harm a job."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from app.pool.outcome import Outcome
from app.pool.priority import LABELS
from app.pool.result import error_of, result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.pool.core import Core
    from app.pool.stopping import StopReport
    from app.pool.ticket import AnyTicket

_VALUES = {outcome: outcome.value for outcome in Outcome}
_Calls = tuple["Callable[..., object]", ...]
_EVENTS = (
    *("submitted", "rejected", "started", "finished", "retried", "postponed", "result_dropped"),
    *("resized", "paused", "resumed", "stuck", "breaker", "callback_failed", "load"),
)


class Hooks:
    """Exists only when there is somebody to call. What fails is logged and counted."""

    core: Core

    def __init__(
        self,
        on_error: Callable[..., object] | None,
        plugins: Sequence[object],
        observer: object | None,
    ) -> None:
        self._observer = {
            name: method
            for name in _EVENTS
            if (method := getattr(observer, name, None)) is not None
        }
        # Those of every job, called with nothing between.
        self._submitted = self._observer.get("submitted", _nothing)
        self._started = self._observer.get("started", _nothing)
        self._finished = self._observer.get("finished", _nothing)
        self._loads = "load" in self._observer
        self._on_error = _plain("on_error", on_error)
        self._on_start = _methods(plugins, "on_start")
        self._before = _methods(plugins, "before_job")
        self._after = _methods(plugins, "after_job")
        self._on_stop = _methods(plugins, "on_stop")

    def began(self, pool: object) -> None:
        for call in self._on_start:
            self._call("on_start", call, pool)
        self._load()

    def stopped(self, report: StopReport) -> None:
        for call in self._on_stop:
            self._call("on_stop", call, report)
        self._load()

    def submitted(self, ticket: AnyTicket) -> None:
        try:
            extra = ticket.extra
            self._submitted(LABELS[ticket.priority], 0 if extra is None else extra.size)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the job must not suffer
            self._failed("observer.submitted", error)
        if self._loads:
            self._load()

    def rejected(self, error: BaseException) -> None:
        self._tell("rejected", type(error).__name__)

    def started(self, ticket: AnyTicket, queued_s: float) -> None:
        for call in self._before:
            self._call("before_job", call, ticket.job)
        try:
            self._started(LABELS[ticket.priority], queued_s)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the job must not suffer
            self._failed("observer.started", error)
        if self._loads:
            self._load()

    def settled(self, ticket: AnyTicket) -> None:
        if self._after:
            result = result_of(ticket)
            for call in self._after:
                self._call("after_job", call, result)
        if self._on_error is not None and _is_error(ticket):
            self._call("on_error", self._on_error, error_of(ticket))
        outcome = ticket.outcome or Outcome.ABANDONED
        try:
            self._finished(LABELS[ticket.priority], _VALUES[outcome], ticket.queued_s, ticket.run_s)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the job must not suffer
            self._failed("observer.finished", error)
        if self._loads:
            self._load()

    def retried(self, ticket: AnyTicket, delay_s: float) -> None:
        self._tell("retried", ticket.priority.label, ticket.attempts, delay_s)
        self._load()

    def postponed(self, ticket: AnyTicket, delay_s: float) -> None:
        self._tell("postponed", ticket.priority.label, delay_s)
        self._load()

    def result_dropped(self) -> None:
        self._tell("result_dropped")

    def resized(self, workers: int) -> None:
        self._tell("resized", workers)
        self._load()

    def paused(self) -> None:
        self._tell("paused")

    def resumed(self) -> None:
        self._tell("resumed")

    def stuck(self, job_id: str, run_s: float) -> None:
        self._tell("stuck", job_id, run_s)

    def breaker(self, old: str, new: str) -> None:
        self._tell("breaker", str(old), str(new))

    def callback_failed(self, name: str) -> None:
        if not name.startswith("observer."):
            self._tell("callback_failed", name)

    def _load(self) -> None:
        if self._loads:
            core = self.core
            size = core.bytes_inside + core.bytes_unread
            self._tell("load", core.queued, core.parked, core.busy, core.live, size)

    def _tell(self, name: str, *args: object) -> None:
        method = self._observer.get(name)
        if method is not None:
            self._call(f"observer.{name}", method, *args)

    def _call(self, name: str, call: Callable[..., object], *args: object) -> None:
        try:
            call(*args)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the job must not suffer
            self._failed(name, error)

    def _failed(self, name: str, error: BaseException) -> None:
        """To be called where it is handled."""
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise error
        self.core.callback_failed(name)


def _nothing(*_: object) -> None:
    """Nobody wants to hear of it."""


def hooks_of(
    on_error: Callable[..., object] | None, plugins: Sequence[object], observer: object | None
) -> Hooks | None:
    if on_error is None and not plugins and observer is None:
        return None
    return Hooks(on_error, plugins, observer)


def _is_error(ticket: AnyTicket) -> bool:
    """It failed or timed out, or its handler raised something while it was cancelled."""
    if ticket.outcome is Outcome.OK:
        return False
    if ticket.outcome is Outcome.FAILED or ticket.outcome is Outcome.TIMEOUT:
        return True
    return ticket.error is not None


def _methods(plugins: Sequence[object], name: str) -> _Calls:
    found = (getattr(plugin, name, None) for plugin in plugins)
    return tuple(call for call in (_plain(name, method) for method in found) if call is not None)


def _plain(name: str, call: Any) -> Callable[..., object] | None:
    if call is None:
        return None
    if not callable(call) or iscoroutinefunction(call):
        raise TypeError(f"{name} must be a plain callable, not {call!r}")
    plain: Callable[..., object] = call
    return plain
