"""Relays that are killed under load and come back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from typing_extensions import override

from tests.faults.conduct import Fate
from tests.faults.relaying import Bench, Toll

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class TakeOver:
    """`pause_s`: the longest time without a mail after the loss; `back_s`: after the return."""

    pause_s: float
    back_s: float
    first_share: float
    unsure: int
    toll: Toll

    @property
    def harmed(self) -> bool:
        """Whether more came twice than mails whose 250 was cut off, or any was lost or dead."""
        return bool(self.toll.lost or self.toll.dead or self.toll.twice > self.unsure)

    @override
    def __str__(self) -> str:
        return (
            f"the other took over within {self.pause_s:.3f} s; the first was sent mail again "
            f"{self.back_s:.2f} s after its return, {self.first_share:.0%} of what followed\n"
            f"{self.toll}"
        )


def taken_over(folder: Path, brokers: str, *, mails: int, reset: str = "1s") -> TakeOver:
    """Two relays share the mail; the first is killed under load and comes back."""
    with Bench(
        folder,
        brokers,
        mails=mails,
        relays={"a": "", "b": ""},
        env={
            "SMTP_BREAKER": f"failures=3,reset={reset}",
            "SMTP_RATE": "300/s",
            "RETRY_DELAYS": "1s,5s",
        },
    ) as bench:
        bench.until(lambda: len(bench.accepted) >= mails // 5, "it flows")
        bench.relays["a"].go()
        gone = time.monotonic()
        bench.until(lambda: len(bench.accepted) >= mails * 2 // 5, "it flows on")
        bench.relays["a"].come()
        returned = time.monotonic()
        bench.until(
            lambda: any(each.at > returned for each in bench.of("a", Fate.ACCEPTED)),
            "the first is sent mail again",
        )
        bench.until_all_sent()
        times = sorted(each.at for name in bench.relays for each in bench.of(name, Fate.ACCEPTED))
        around = [at for at in times if gone - 1.0 <= at <= returned]
        again = min(each.at for each in bench.of("a", Fate.ACCEPTED) if each.at > returned)
        after = {
            name: sum(each.at > again for each in bench.of(name, Fate.ACCEPTED))
            for name in bench.relays
        }
        return TakeOver(
            max(later - earlier for earlier, later in pairwise(around)),
            again - returned,
            after["a"] / sum(after.values()),
            len(bench.of("a", Fate.UNSURE)),
            bench.toll(),
        )


def all_away(folder: Path, brokers: str, *, mails: int, seconds: float) -> Toll:
    """Every relay is away for so long, with two retries of a second each."""
    with Bench(
        folder,
        brokers,
        mails=mails,
        relays={"a": "", "b": "priority=2"},
        env={"RETRY_DELAYS": "1s,1s", "SMTP_BREAKER": "failures=3,reset=1s"},
    ) as bench:
        for relay in bench.relays.values():
            relay.go()
        bench.rest(seconds)
        for relay in bench.relays.values():
            relay.come()
        bench.until_all_sent()
        return bench.toll()
