"""Faults on purpose, at any length.

python -m tests.faults --minutes 30        random scenarios and seeds until the time is over
python -m tests.faults --seed 123          replays one of them
python -m tests.faults kill --kills 100 --mails 100000
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from dataclasses import replace
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from rich.console import Console

from tests.faults.scenarios import SCENARIOS, carry_out
from tests.faults.table import table
from tests.faults.world import Setting, Size
from tests.support.backends.backend import NotAvailable
from tests.support.backends.cluster import Cluster
from tests.support.backends.maven import ApacheKafka

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.scenarios import Scenario
    from tests.faults.verdict import Report

console = Console(highlight=False)


def main() -> int:
    """0 when every promise was kept, 1 when not, 3 without a Kafka."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    asked = _arguments()
    runs: list[tuple[str, int, Report]] = []
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    servers = _Servers(folder)
    try:
        for number, (scenario, size, seed) in enumerate(_plan(asked)):
            setting = servers.setting(folder / str(number), three=scenario.cluster)
            runs.append((scenario.name, size.strikes, _one(scenario, setting, size, seed)))
    except NotAvailable as why:
        console.print(f"Apache Kafka is needed: {why}", style="bold red")
        return 3
    except KeyboardInterrupt:
        console.print("interrupted", style="bold red")
    finally:
        servers.kill()
    # A pipe has no width; its reader wants whole columns.
    console.print(table(runs), width=None if console.is_terminal else 160)
    failed = any(report.faults() for *_, report in runs)
    if failed:
        console.print(f"logs are in {folder}")
    return int(failed or not runs)


class _Servers:
    """One node and three, each started when the first scenario needs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._node: ApacheKafka | None = None
        self._cluster: Cluster | None = None

    def setting(self, folder: Path, *, three: bool) -> Setting:
        if three:
            if self._cluster is None:
                self._cluster = Cluster(self._folder / "cluster")
                self._cluster.start()
            cluster = self._cluster
            return Setting(folder, cluster.brokers, cluster, _say, cluster)
        if self._node is None:
            self._node = ApacheKafka(self._folder / "kafka")
            self._node.start()
        return Setting(folder, self._node.brokers, self._node, _say)

    def kill(self) -> None:
        for each in (self._node, self._cluster):
            if each is not None:
                each.kill()


def _one(scenario: Scenario, setting: Setting, size: Size, seed: int) -> Report:
    setting.folder.mkdir(parents=True)
    console.print(f"{scenario.name} --seed {seed}: {size}", style="bold")
    report = carry_out(scenario, setting, size, seed)
    _say(
        f"{report.mails} mails in {report.seconds:.1f} s ({report.rate:.0f}/s), lost "
        f"{len(report.lost)}, dead {report.dead}, duplicates {report.duplicates} "
        f"({report.ambiguous} after the relay's silence), longest pause {report.pause_s:.1f} s"
    )
    for harm in report.harms:
        _say(f"{harm.what} of {harm.life}: {harm.duplicates} duplicates, bound {harm.bound}")
    for fault in report.faults():
        console.print(f"  FAILED: {fault}", style="bold red")
    return report


def _plan(asked: Namespace) -> Iterator[tuple[Scenario, Size, int]]:
    """What to run, one after the other."""
    ends = time.monotonic() + asked.minutes * 60
    again = asked.seed is None and asked.minutes > 0
    while True:
        seed = SystemRandom().randrange(1, 1_000_000) if asked.seed is None else asked.seed
        names = asked.scenarios or [Random(seed).choice([*SCENARIOS])]
        for name in names:
            yield SCENARIOS[name], _size(SCENARIOS[name], seed, asked), seed
        if not again or time.monotonic() > ends:
            return


def _size(scenario: Scenario, seed: int, asked: Namespace) -> Size:
    rng = Random(seed)
    drawn = Size(
        mails=rng.randrange(4_000, 16_000),
        strikes=rng.randrange(2, 7),
        members=rng.randrange(scenario.members, 4),
        workers=rng.choice((3, 10, 25)),
        hold_s=rng.uniform(3, 25),
    )
    own = {
        name: value
        for name in ("mails", "strikes", "members", "partitions", "workers", "hold_s")
        if (value := getattr(asked, name)) is not None
    }
    return replace(drawn, **own)


def _arguments() -> Namespace:
    parser = ArgumentParser(
        prog="python -m tests.faults",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--minutes", type=float, default=0.0, help="go on for so long")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--mails", type=int)
    parser.add_argument("--strikes", "--kills", type=int, help="faults in each run")
    parser.add_argument("--members", type=int)
    parser.add_argument("--partitions", type=int)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--hold", dest="hold_s", type=float, help="seconds that a fault lasts")
    asked = parser.parse_args()
    if unknown := set(asked.scenarios) - set(SCENARIOS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    return asked


def _say(line: str) -> None:
    console.print(f"  {time.strftime('%H:%M:%S')} {line}")


if __name__ == "__main__":
    sys.exit(main())
