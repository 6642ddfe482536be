"""What so many workers carry to a relay that takes its time before each final reply.

The ideal is workers divided by that time: nothing else may hold them up.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.arena import CountingSink, fill, kafka
from bench.end_to_end import Arena, once, ours
from bench.processes import machine


@dataclass(frozen=True, slots=True)
class Row:
    """Mails a second, and the part of the ideal that they are."""

    workers: int
    per_second: float
    of_ideal: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.waiting", description=__doc__)
    parser.add_argument("--delay", type=float, default=0.1, help="seconds")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 5, 10, 20])
    parser.add_argument("--seconds", type=float, default=8.0, help="of each run, about")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with kafka(folder) as brokers, CountingSink(folder, delay_s=options.delay) as sink:
            for workers in options.workers:
                ideal = workers / options.delay
                mails = round(ideal * options.seconds)
                arena = Arena(brokers, f"waiting-{workers}", mails, workers, folder, sink)
                fill(brokers, arena.topic, mails)
                run = once(arena, ours(arena))
                rows.append(Row(workers, run.per_second, run.per_second / ideal))
    if options.json:
        print(json.dumps({"machine": machine(), "rows": [asdict(row) for row in rows]}))
        return
    print(f"{options.delay * 1000:g} ms before each final reply")
    print(f"{'workers':>8}{'mails/s':>10}{'of the ideal':>14}")
    for row in rows:
        print(f"{row.workers:8}{row.per_second:10.1f}{row.of_ideal:14.1%}")


if __name__ == "__main__":
    main()
