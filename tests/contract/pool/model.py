"""A pool in a few lines: what runs, what waits, what has ended; time moves by whole seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from app.pool import Outcome, Priority


@dataclass(eq=False)
class Job:
    number: int
    priority: Priority
    due: float = -inf
    expires: float = inf
    deadline: float = inf
    timeout_each: float = inf
    runs: int = 0
    stop_at: float = inf
    parked_as: int = 0
    outcome: Outcome | None = None

    @property
    def ends(self) -> float:
        return min(self.expires, self.deadline)


@dataclass
class Model:
    """Without ageing. Retries wait `retry_delay` seconds, at most `max_retries` times."""

    workers: int
    buffer: int
    max_retries: int
    retry_delay: float
    now: float = 1_000.0
    paused: bool = False
    jobs: list[Job] = field(default_factory=list)
    queue: list[Job] = field(default_factory=list)
    parked: list[Job] = field(default_factory=list)
    running: list[Job] = field(default_factory=list)
    _parkings: int = 0

    @property
    def room(self) -> int:
        able = 0 if self.paused else max(0, self.workers - len(self.running))
        return max(0, self.buffer + able - len(self.queue) - len(self.parked))

    def submit(self, job: Job) -> bool:
        if not self.room:
            return False
        self.jobs.append(job)
        if job.due > self.now:
            self.park(job, job.due)
        else:
            self.queue.append(job)
        return True

    def park(self, job: Job, due: float) -> None:
        job.due = due
        self._parkings += 1
        job.parked_as = self._parkings
        self.parked.append(job)

    def start(self) -> None:
        """Workers take what they can."""
        while not self.paused and self.queue and len(self.running) < self.workers:
            job = min(self.queue, key=lambda j: -j.priority)
            self.queue.remove(job)
            self.running.append(job)
            job.runs += 1
            job.stop_at = min(self.now + job.timeout_each, job.deadline)

    def end(self, job: Job, outcome: Outcome) -> None:
        for place in (self.queue, self.parked, self.running):
            if job in place:
                place.remove(job)
        job.outcome = outcome

    def fail(self, job: Job, outcome: Outcome) -> None:
        """A run has failed or timed out."""
        out_of_time = outcome is Outcome.TIMEOUT and self.now >= job.deadline
        if job.runs <= self.max_retries and not out_of_time:
            self.running.remove(job)
            self.park(job, self.now + self.retry_delay)
        else:
            self.end(job, outcome)

    def postpone(self, job: Job, seconds: float) -> None:
        self.running.remove(job)
        job.runs -= 1
        self.park(job, self.now + seconds)

    def next_event(self) -> float:
        return min(
            [
                *(job.ends for job in self.queue),
                *(min(job.ends, job.due) for job in self.parked),
                *(job.stop_at for job in self.running),
                inf,
            ]
        )

    def ring(self) -> None:
        """Everything that is due at `now`."""
        for job in [j for j in self.queue + self.parked if j.ends <= self.now]:
            self.end(job, Outcome.EXPIRED)
        due = [job for job in self.parked if job.due <= self.now]
        for job in sorted(due, key=lambda j: j.parked_as):
            self.parked.remove(job)
            self.queue.append(job)
        for job in [j for j in self.running if j.stop_at <= self.now]:
            self.fail(job, Outcome.TIMEOUT)
