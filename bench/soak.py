"""Whether memory grows: a million mails through one service, its resident size all the while.

The first hundred thousand fill what is kept on purpose; from then on it is to stay as it is. Sizes
are medians over what was seen meanwhile, for garbage comes and goes. Exit code 1 where it grows by
more than the goal.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from bench.arena import CountingSink, fill, kafka
from bench.end_to_end import Arena, ours, reach, running
from bench.processes import machine
from tests.faults.usage import anonymous_mb, resident_mb

if TYPE_CHECKING:
    from collections.abc import Sequence

GOAL_MB: Final = 2.0
SETTLED: Final = 100_000
_SAMPLES: Final = 400
# Of the mails after those that settle it, so many at each end are looked at.
_PART: Final = 0.05
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """Resident MB after so many mails; `anonymous` is what of it is no file."""

    mails: int
    resident: float
    anonymous: float


@dataclass(slots=True)
class Watch:
    """Takes a sample every so many mails."""

    pid: int
    before: int
    every: int
    samples: list[Sample] = field(default_factory=list)
    due: int = 0

    def __call__(self, mails: int) -> None:
        done = mails - self.before
        if done >= self.due:
            self.due = done + self.every
            self.samples.append(Sample(done, resident_mb(self.pid), anonymous_mb(self.pid)))


def growth(samples: Sequence[Sample], settled: int, mails: int) -> float:
    """MB from when it was settled to the end; ValueError without samples of both."""
    width = (mails - settled) * _PART
    first = [one.resident for one in samples if settled <= one.mails <= settled + width]
    last = [one.resident for one in samples if one.mails >= mails - width]
    return statistics.median(last) - statistics.median(first)


def soak(brokers: str, folder: Path, mails: int, workers: int) -> tuple[list[Sample], float]:
    """The samples, and mails a second."""
    with CountingSink(folder) as sink:
        arena = Arena(brokers, f"soak-{uuid4().hex[:6]}", mails, workers, folder, sink)
        fill(brokers, arena.topic, mails)
        one = ours(arena)
        before = sink.mark().mails
        with running(arena, one) as children:
            watch = Watch(children[0].pid, before, mails // _SAMPLES)
            first = reach(arena, children, before + 1, one)
            last = reach(arena, children, before + mails, one, watch)
        return watch.samples, (last.mails - first.mails) / (last.at_s - first.at_s)


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--mails", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    settled = min(SETTLED, options.mails // 4)
    with tempfile.TemporaryDirectory() as place, kafka(Path(place)) as brokers:
        samples, rate = soak(brokers, Path(place), options.mails, options.workers)
    grown = growth(samples, settled, options.mails)
    figures: dict[str, Any] = {
        "mails": options.mails,
        "mails_per_second": round(rate, 1),
        "settled_after": settled,
        "growth_mb": round(grown, 2),
        "goal_mb": GOAL_MB,
    }
    if options.json:
        found = [asdict(one) for one in samples]
        print(json.dumps({"machine": machine(), **figures, "samples": found}))
        return int(grown > GOAL_MB)
    print(f"{'mails':>10}{'resident, MB':>14}{'of it no file':>15}")
    for one in samples[:: max(1, len(samples) // _SHOWN)]:
        print(f"{one.mails:10,}{one.resident:14.1f}{one.anonymous:15.1f}")
    print(
        f"{options.mails:,} mails at {rate:.0f}/s: {grown:+.1f} MB after the first {settled:,} "
        f"(goal {GOAL_MB:g})"
    )
    return int(grown > GOAL_MB)


if __name__ == "__main__":
    sys.exit(main())
