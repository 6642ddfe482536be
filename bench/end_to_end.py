"""Kafka to relay, the whole way: our service beside others, by turns, in one run.

Each reads the same topic of password-reset mails from its beginning, makes a mail of two parts
from templates, and sends it to the same relay over kept connections. Ours does so with results,
logs and metrics on and checkpoints as they are by default. Rates and processor time are those
from the 15th of a hundred mails to the last, so that neither counts the start.

Others join by `--peer NAME=COMMAND`: they find KAFKA_BROKERS, KAFKA_TOPIC, KAFKA_GROUP_ID,
SMTP_PORT (on localhost), WORKERS, RESULTS (a topic), and with `--tls` TLS=1 and SSL_CERT_FILE.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from bench.arena import CountingSink, create, fill, kafka, rewind
from bench.processes import Child, machine
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

REPOSITORY: Final = Path(__file__).resolve().parents[1]
TEMPLATES: Final = REPOSITORY / "bench" / "templates"
FROM: Final = 0.15
STALLED_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Arena:
    """What all runs share."""

    brokers: str
    topic: str
    mails: int
    workers: int
    folder: Path
    sink: CountingSink


@dataclass(frozen=True, slots=True)
class Contestant:
    """`processes` of them share the group. In `folder`, where no `.env` of somebody's lies."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    processes: int = 1
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Mails a second, processor microseconds a mail, and resident MB of all its processes."""

    name: str
    per_second: float
    cpu_us: float
    resident_mb: float


def ours(arena: Arena, name: str = "ours", processes: int = 1) -> Contestant:
    """The service as its users run it."""
    env = {
        "PYTHONPATH": str(REPOSITORY),
        "KAFKA_START": "earliest",
        "EMAIL_TEMPLATES": str(TEMPLATES),
        "EMAIL_WORKER_BUFFER": "200",
        "SMTP_HOST": "localhost",
        "SMTP_HELO_NAME": "mailer.example",
        "LOG_FORMAT": "json",
        "OPS_HOST": "127.0.0.1",
    }
    if arena.sink.ca_file is not None:
        env |= {"SMTP_SECURITY": "starttls", "SMTP_CA_FILE": str(arena.sink.ca_file)}
    command = (sys.executable, "-m", "app", "run")
    return Contestant(name, command, env, processes, arena.folder)


def plain(arena: Arena) -> Contestant:
    """The service that one writes in an afternoon."""
    command = (sys.executable, "-m", "bench.baseline")
    env = {"PYTHONPATH": str(REPOSITORY)}
    return Contestant("plain Python", command, env, folder=arena.folder)


def once(arena: Arena, contestant: Contestant) -> Run:
    """One run from the topic's beginning to its last mail."""
    before = arena.sink.mark().mails
    with running(arena, contestant) as children:
        first = reach(arena, children, before + int(arena.mails * FROM), contestant)
        last = reach(arena, children, before + arena.mails, contestant)
        resident = sum(child.resident_mb() for child in children)
    return Run(
        contestant.name,
        (last.mails - first.mails) / (last.at_s - first.at_s),
        (last.cpu_s - first.cpu_s) / (last.mails - first.mails) * 1e6,
        resident,
    )


@contextlib.contextmanager
def running(arena: Arena, contestant: Contestant) -> Iterator[list[Child]]:
    """Its processes; they begin at the topic's beginning, with a group and results of their own."""
    group, results = f"g{uuid4().hex[:10]}", f"r{uuid4().hex[:10]}"
    rewind(arena.brokers, arena.topic, group)
    create(arena.brokers, results)
    children: list[Child] = []
    try:
        for number in range(contestant.processes):
            env = {
                "KAFKA_BROKERS": arena.brokers,
                "KAFKA_TOPIC": arena.topic,
                "KAFKA_GROUP_ID": group,
                "EMAIL_RESULTS_TOPIC": results,
                "RESULTS": results,
                "SMTP_PORT": str(arena.sink.port),
                "EMAIL_WORKER_COUNT": str(arena.workers),
                "WORKERS": str(arena.workers),
                "OPS_PORT": str(free_port()),
                **contestant.env,
            }
            if arena.sink.ca_file is not None:
                env |= {"TLS": "1", "SSL_CERT_FILE": str(arena.sink.ca_file)}
                env |= {"NODE_EXTRA_CA_CERTS": str(arena.sink.ca_file)}
            log = arena.folder / f"{contestant.name.replace(' ', '-')}-{number}.log"
            children.append(Child(contestant.command, env=env, log=log, folder=contestant.folder))
        yield children
    finally:
        for child in children:
            child.stop()


@dataclass(frozen=True, slots=True)
class Reached:
    """When so many mails had come, and the processes' time until then."""

    mails: int
    at_s: float
    cpu_s: float


def reach(
    arena: Arena,
    children: Sequence[Child],
    mails: int,
    one: Contestant,
    look: Callable[[int], object] = lambda _: None,
) -> Reached:
    """Wait for so many mails; `look` is told of those there are, often. Exits where none comes."""
    seen, moved = arena.sink.mark(), time.monotonic()
    while seen.mails < mails:
        time.sleep(0.005)
        mark = arena.sink.mark()
        look(mark.mails)
        if mark.mails != seen.mails:
            seen, moved = mark, time.monotonic()
        ended = not all(child.running for child in children)
        if ended or time.monotonic() - moved > STALLED_S:
            logs = sorted(arena.folder.glob(f"{one.name.replace(' ', '-')}-*.log"))
            said = "\n".join(log.read_text(errors="replace")[-2000:] for log in logs)
            sys.exit(f"{one.name} {'ended' if ended else 'stands still'} at {seen.mails}:\n{said}")
    return Reached(seen.mails, seen.at_s, sum(child.cpu_s() for child in children))


def compare(arena: Arena, contestants: Sequence[Contestant], runs: int) -> dict[str, list[Run]]:
    """By turns, so that what else the machine does meets all."""
    found: dict[str, list[Run]] = {one.name: [] for one in contestants}
    for number in range(runs):
        for one in contestants:
            print(f"run {number + 1} of {runs}: {one.name}", file=sys.stderr)
            found[one.name].append(once(arena, one))
    return found


def _show(found: Mapping[str, Sequence[Run]]) -> None:
    print(f"{'':16}{'mails/s':>24}{'CPU, µs a mail':>22}{'MB':>6}{'of ours':>16}")
    own = statistics.median(run.cpu_us for run in found["ours"])
    rate = statistics.median(run.per_second for run in found["ours"])
    for name, runs in found.items():
        rates = _spread([run.per_second for run in runs])
        cpus = _spread([run.cpu_us for run in runs])
        resident = statistics.median(run.resident_mb for run in runs)
        times = (
            f"{statistics.median(run.per_second for run in runs) / rate:7.2f}"
            f"{statistics.median(run.cpu_us for run in runs) / own:9.2f}"
        )
        print(f"{name:16}{rates:>24}{cpus:>22}{resident:6.0f}{times:>16}")


def _spread(values: Sequence[float]) -> str:
    return f"{min(values):.0f} / {statistics.median(values):.0f} / {max(values):.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.end_to_end",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--mails", type=int, default=20_000, help="in each run")
    parser.add_argument("--runs", type=int, default=5, help="of each")
    parser.add_argument("--workers", type=int, default=20)
    parser.add_argument(
        "--tls", action="store_true", help="STARTTLS, verified, on kept connections"
    )
    parser.add_argument("--two", action="store_true", help="also two processes of ours")
    parser.add_argument("--no-baseline", action="store_true", help="without the plain service")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--json", action="store_true", help="as JSON instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with kafka(folder) as brokers, CountingSink(folder, tls=options.tls) as sink:
            arena = Arena(brokers, "bench-queue", options.mails, options.workers, folder, sink)
            fill(brokers, arena.topic, options.mails)
            contestants = [ours(arena)]
            if options.two:
                contestants.append(ours(arena, "ours, two", 2))
            if not options.no_baseline:
                contestants.append(plain(arena))
            for peer in options.peer:
                name, _, command = peer.partition("=")
                contestants.append(Contestant(name, tuple(shlex.split(command)), {}))
            found = compare(arena, contestants, options.runs)
            relay = sink.name
    if options.json:
        runs = {name: [asdict(run) for run in runs] for name, runs in found.items()}
        print(json.dumps({"machine": machine(), "relay": relay, "runs": runs}, indent=2))
        return
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    print(f"{options.mails} mails, {options.workers} workers, to {relay}; min / median / max")
    _show(found)


if __name__ == "__main__":
    main()
