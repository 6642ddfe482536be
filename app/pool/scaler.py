"""Autoscaling: more workers while jobs wait, fewer while workers rest."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from app.pool.errors import AtMaxWorkers, AtMinWorkers
from app.pool.phase import Phase

if TYPE_CHECKING:
    from app.pool.agenda import Alarm
    from app.pool.core import Core


class Scaler:
    """Looks at each submission, at each interval and at each cooldown's end.

    Growing has its own cooldown; shrinking waits for its cooldown after any change, so that what
    was just added is not taken away.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._up_from = self._down_from = -inf
        self._alarm: Alarm | None = None
        self.ups = self.downs = 0

    def start(self) -> None:
        """The size asked for stands for one cooldown at least."""
        core = self._core
        self._down_from = core.now() + core.config.scale_down_cooldown
        self.look()

    def look(self) -> None:
        core = self._core
        if core.phase is not Phase.RUNNING or core.held:
            self.rest()
            return
        config = core.config
        lowest, highest = config.bounds
        waiting = core.queued + (len(core.door.line) if core.room <= 0 else 0)
        spare = core.live - core.busy - waiting
        now = core.now()
        if -spare >= config.scale_up_at:
            if core.target < highest and now >= self._up_from:
                step = 2 if -spare >= 2 * config.scale_up_at else 1
                self._up_from = now + config.scale_up_cooldown
                self._turn_to(min(highest, core.target + step))
        elif spare >= config.scale_down_at and core.target > lowest and now >= self._down_from:
            step = 2 if spare >= 2 * config.scale_down_at else 1
            self._turn_to(max(lowest, core.target - step))
        self._set_alarm(now)

    def set_size(self, size: int) -> None:
        """By hand. Under autoscaling only within the bounds."""
        core = self._core
        _require_whole("n", size)
        if core.autoscaling:
            lowest, highest = core.config.bounds
            if size > highest:
                raise AtMaxWorkers(f"{size} workers asked for; at most {highest}")
            if size < lowest:
                raise AtMinWorkers(f"{size} workers asked for; at least {lowest}")
        self._restart_cooldowns()
        self._turn_to(size)

    def change_by(self, step: int, by: int) -> int:
        """By hand, `step` +1 or -1, clamped; AtMaxWorkers and AtMinWorkers only at the bound."""
        core = self._core
        _require_whole("n", by)
        lowest, highest = core.config.bounds if core.autoscaling else (1, inf)
        if step > 0 and core.target >= highest:
            raise AtMaxWorkers(f"there are {core.target} workers already, the most allowed")
        if step < 0 and core.target <= lowest:
            raise AtMinWorkers(f"there are {core.target} workers only, the least allowed")
        self._restart_cooldowns()
        self._turn_to(int(max(lowest, min(highest, core.target + step * by))))
        return core.target

    def rest(self) -> None:
        self._core.agenda.cancel(self._alarm)
        self._alarm = None

    def _restart_cooldowns(self) -> None:
        config = self._core.config
        now = self._core.now()
        self._up_from = now + config.scale_up_cooldown
        self._down_from = now + config.scale_down_cooldown

    def _turn_to(self, size: int) -> None:
        core = self._core
        now = core.now()
        before, core.target = core.target, size
        self._down_from = now + core.config.scale_down_cooldown
        if size > before:
            self.ups += 1
        elif size < before:
            self.downs += 1
        core.crew.fill()
        core.crew.shrink()
        core.measure()
        if core.hooks is not None and size != before:
            core.hooks.resized(size)
        if core.autoscaling and self._alarm is None and not core.held:
            self._set_alarm(now)

    def _set_alarm(self, now: float) -> None:
        core = self._core
        lowest, _ = core.config.bounds
        if core.target == lowest and not core.queued:
            # Nothing to take away, and a submission looks by itself.
            self.rest()
            return
        cooled = [at for at in (self._up_from, self._down_from) if at > now]
        when = min([now + core.config.scale_interval, *cooled])
        if self._alarm is not None and self._alarm.action is not None:
            if self._alarm.when <= when:
                return
            core.agenda.cancel(self._alarm)
        self._alarm = core.agenda.at(when, self.look)


def _require_whole(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} is {value!r}; allowed: a whole number of at least 1")
