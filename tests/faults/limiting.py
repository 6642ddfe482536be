"""Relays that limit themselves, domains that are limited: how fast mail flows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from typing_extensions import override

from tests.faults.conduct import Conduct, Entry, Fate
from tests.faults.relaying import Bench, Toll

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Flow:
    """At a relay that limits itself, between two moments after its first mail."""

    rate: float
    refused: float
    refused_ever: float
    seconds: list[int] = field(repr=False)

    @override
    def __str__(self) -> str:
        by_second = " ".join(map(str, self.seconds))
        return (
            f"{self.rate:.1f} accepted a second, {self.refused:.2%} of the attempts refused, "
            f"{self.refused_ever:.2%} from the beginning on\n"
            f"accepted in each second from the first mail on: {by_second}"
        )


def limited(
    folder: Path, brokers: str, *, rate: float, burst: float, seconds: tuple[float, float]
) -> tuple[Flow, Toll]:
    """One relay takes `rate` a second from 10 workers; the flow between these seconds.

    Afterwards it takes all, so that nothing is left.
    """
    start, end = seconds
    mails = round(rate * end * 1.2 + 200)
    env = {"RETRY_DELAYS": "1s,5s"}  # who is refused twice is not waited for long in the end
    with Bench(folder, brokers, mails=mails, relays={"a": ""}, env=env) as bench:
        bench.relays["a"].behave(Conduct(per_second=rate, burst=burst))
        answers = (Fate.ACCEPTED, Fate.LIMITED)
        bench.until(lambda: bench.of("a", *answers), "it begins")
        bench.rest(end)
        found = bench.of("a", *answers)
        began = found[0].at
        found = [each for each in found if each.at < began + end]
        flow = _flow(found, began, start, end)
        bench.relays["a"].behave(Conduct())
        bench.until_all_sent()
        return flow, bench.toll()


def _flow(entries: list[Entry], began: float, start: float, end: float) -> Flow:
    by_second = Counter(int(each.at - began) for each in entries if each.fate is Fate.ACCEPTED)
    within = [each for each in entries if began + start <= each.at < began + end]
    accepted = sum(each.fate is Fate.ACCEPTED for each in within)
    return Flow(
        accepted / (end - start),
        _share_limited(within),
        _share_limited(entries),
        [by_second[second] for second in range(int(end))],
    )


def _share_limited(entries: list[Entry]) -> float:
    return sum(each.fate is Fate.LIMITED for each in entries) / max(1, len(entries))


@dataclass(frozen=True, slots=True)
class Paced:
    """Mails a second to the domain that is limited, and to the others while it is."""

    limited: float
    others: float
    others_alone: float
    toll: Toll

    @override
    def __str__(self) -> str:
        return (
            f"{self.limited:.2f} a second to the limited domain, {self.others:.0f} to the others, "
            f"{self.others_alone:.0f} where none is limited\n{self.toll}"
        )


def domain_limited(folder: Path, brokers: str, *, mails: int, slow: int, rate: float) -> Paced:
    """Of the first mails every second is for one domain, `slow` in all, which may have `rate`."""
    tiers = {"RETRY_DELAYS": "1s,2s,5s"}
    _, alone, _ = _two_domains(folder / "alone", brokers, mails, slow, tiers)
    limit = {"SMTP_DOMAIN_RATES": f"slow.example={rate:g}/s"}
    slowed, others, toll = _two_domains(folder / "paced", brokers, mails, slow, tiers | limit)
    return Paced(slowed, others, alone, toll)


def _two_domains(
    folder: Path, brokers: str, mails: int, slow: int, env: dict[str, str]
) -> tuple[float, float, Toll]:
    """Mails a second to the slow domain, and to the other; what it cost."""
    slow_ids = {f"mail-{number}" for number in range(0, 2 * slow, 2)}

    def domain(one: str) -> str:
        return "slow.example" if one in slow_ids else "fast.example"

    with Bench(folder, brokers, mails=mails, relays={"a": ""}, env=env, domain=domain) as bench:
        bench.until_all_sent()
        sent = bench.of("a", Fate.ACCEPTED)
        slow_times = [each.at for each in sent if each.id in slow_ids]
        fast_times = [each.at for each in sent if each.id not in slow_ids]
        return _rate(slow_times), _rate(fast_times), bench.toll()


def _rate(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])
