"""What many failed messages in the retry tiers cost, and when each is sent.

python -m tests.faults.tiers               about ten minutes
python -m tests.faults.tiers --parked 1000 --delays 12s,13s,14s --rounds 3
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console

from tests.faults.parking import lateness, loads
from tests.support.backends.backend import NotAvailable
from tests.support.backends.maven import ApacheKafka

if TYPE_CHECKING:
    from collections.abc import Iterable

LATE_S = 1.0
GROWTH_MB = 10.0
LEAST_RATIO = 0.95


def main() -> int:
    """0 when all is within its bounds, 1 when not, 3 without a Kafka."""
    parser = ArgumentParser(
        prog="python -m tests.faults.tiers",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--parked", type=int, default=10_000)
    parser.add_argument("--delays", default="110s,115s,120s")
    parser.add_argument("--per-second", type=float, default=100.0, help="so many fail, and are due")
    parser.add_argument("--mails", type=int, default=5_000, help="in each measured load")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    console = Console(soft_wrap=True, highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="tiers-"))
    kafka = ApacheKafka(folder / "kafka")
    try:
        kafka.start()
        late = lateness(
            folder / "late",
            kafka.brokers,
            mails=asked.parked,
            delays=asked.delays.split(","),
            per_second=asked.per_second,
        )
        console.print(str(late))
        pairs = loads(
            folder / "loads",
            kafka.brokers,
            parked=asked.parked,
            mails=asked.mails,
            rounds=asked.rounds,
        )
    except NotAvailable as why:
        console.print(f"Apache Kafka is needed: {why}", style="bold red")
        return 3
    finally:
        kafka.kill()
    ratio = median(burdened.rate / free.rate for burdened, free in pairs)
    cost = median(burdened.cpu_ms / free.cpu_ms for burdened, free in pairs)
    console.print(
        f"mails a second with {asked.parked} parked: {_list(one.rate for one, _ in pairs)}\n"
        f"and with none: {_list(one.rate for _, one in pairs)}\n"
        f"median ratio {ratio:.3f}; of the processor's time for a mail {cost:.3f}"
    )
    kept = late.most <= LATE_S and late.least >= 0 and late.growth_mb < GROWTH_MB
    return int(not kept or ratio < LEAST_RATIO)


def _list(found: Iterable[float]) -> str:
    return ", ".join(f"{one:.0f}" for one in found)


if __name__ == "__main__":
    sys.exit(main())
