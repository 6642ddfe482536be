"""What a siege of the ops port costs: mails a second with ten thousand connections and without.

The real service between Kafka and smtp-sink, results on. The connections ask nothing, a hundred
more send an octet of a request each second, and the service is asked for its health twice a second
meanwhile. With and without take turns in one run.
Run as `python -m bench.besieged`, with `--json` for machines. It needs what bench.operations needs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.arena import kafka
from bench.spread import print_spread
from tests.support.besieging import besieged
from tests.support.smtp_sink import SmtpSink

if TYPE_CHECKING:
    from tests.support.besieging import Turn

GOAL: Final = 0.9


def measure(mails: int, idle: int, turns: int, seconds: float) -> list[Turn]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with kafka(folder / "kafka") as brokers, SmtpSink(folder / "sink", keep=False) as sink:
            return besieged(
                folder / "service",
                brokers,
                sink.port,
                mails=mails,
                idle=idle,
                turns=turns,
                seconds=seconds,
            )


def main() -> int:
    """0 when the median ratio reaches the goal, 1 when not, 3 without the servers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mails", type=int, default=100_000, help="at the start of each turn")
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if why := SmtpSink.why_not():
        sys.stderr.write(f"smtp-sink: {why}\n")
        return 3
    turns = measure(asked.mails, asked.idle, asked.turns, asked.seconds)
    if asked.json:
        print(json.dumps({"goal": GOAL, "turns": [asdict(each) for each in turns]}, indent=2))
    else:
        figures = {
            "free, mails a second": [each.free for each in turns],
            "besieged, mails a second": [each.besieged for each in turns],
            f"ratio (goal {GOAL:.2f})": [each.ratio for each in turns],
            "slowest answer, s": [each.answered_s for each in turns],
        }
        print_spread(figures, digits=2)
    return int(median(each.ratio for each in turns) < GOAL)


if __name__ == "__main__":
    sys.exit(main())
