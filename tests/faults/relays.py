"""Relays that limit themselves, are killed, or are all away, in front of the real service.

python -m tests.faults.relays                          all; about fifteen minutes
python -m tests.faults.relays limits --seconds 60
python -m tests.faults.relays away --seconds 600
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tests.faults.limiting import domain_limited, limited
from tests.faults.losing import all_away, taken_over
from tests.support.backends.backend import NotAvailable
from tests.support.backends.maven import ApacheKafka

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RATE = 50.0
FROM_S = 10.0
BURSTS = (5.0, 50.0)
TAKE_OVER_S = 1.0
DOMAIN_RATE = 5.0
NOISE = 0.8  # two runs one after the other, on whatever else the machine does


def main() -> int:
    """0 when all is within its bounds, 1 when not, 3 without a Kafka."""
    parser = ArgumentParser(
        prog="python -m tests.faults.relays",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--seconds", type=float, help="how long a scenario lasts (60; away: 600)")
    asked = parser.parse_args()
    if unknown := set(asked.scenarios) - set(SCENARIOS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    console = Console(soft_wrap=True, highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="relays-"))
    kafka = ApacheKafka(folder / "kafka")
    kept = True
    try:
        kafka.start()
        for name in asked.scenarios or SCENARIOS:
            for line, good in SCENARIOS[name](folder / name, kafka.brokers, asked.seconds):
                console.print(f"{name}: {line}", style=None if good else "bold red")
                kept &= good
    except NotAvailable as why:
        console.print(f"Apache Kafka is needed: {why}", style="bold red")
        return 3
    finally:
        kafka.kill()
    return int(not kept)


def _limits(folder: Path, brokers: str, seconds: float | None) -> Iterator[tuple[str, bool]]:
    for burst in BURSTS:
        flow, toll = limited(
            folder / f"{burst:g}",
            brokers,
            rate=RATE,
            burst=burst,
            seconds=(FROM_S, seconds or 60.0),
        )
        kept = 0.9 * RATE <= flow.rate <= 1.1 * RATE and flow.refused < 0.05 and not toll.harmed
        yield f"{RATE:g} a second, {burst:g} at once: {flow}\n{toll}", kept


def _take_over(folder: Path, brokers: str, seconds: float | None) -> Iterator[tuple[str, bool]]:
    found = taken_over(folder, brokers, mails=round(200 * (seconds or 60.0)))
    yield str(found), found.pause_s <= TAKE_OVER_S and not found.harmed


def _domain(folder: Path, brokers: str, seconds: float | None) -> Iterator[tuple[str, bool]]:
    slow = round(DOMAIN_RATE * (seconds or 60.0))
    found = domain_limited(folder, brokers, mails=slow * 40, slow=slow, rate=DOMAIN_RATE)
    kept = found.limited <= DOMAIN_RATE * 1.1 and found.others >= NOISE * found.others_alone
    yield str(found), kept and not found.toll.harmed


def _away(folder: Path, brokers: str, seconds: float | None) -> Iterator[tuple[str, bool]]:
    length = seconds or 600.0
    toll = all_away(folder, brokers, mails=2_000, seconds=length)
    yield f"{length:g} s without any relay; {toll}", not toll.harmed


SCENARIOS: dict[str, Callable[[Path, str, float | None], Iterator[tuple[str, bool]]]] = {
    "limits": _limits,
    "take-over": _take_over,
    "domain": _domain,
    "away": _away,
}


if __name__ == "__main__":
    sys.exit(main())
