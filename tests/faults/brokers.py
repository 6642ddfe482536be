"""Faults of Kafka itself: one node of three is taken away, or all are; a single one freezes."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.faults.usage import cpu_s, resident_mb
from tests.faults.verdict import TAKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.schedule import Strike
    from tests.faults.world import World
    from tests.support.backends.maven import ApacheKafka

LONGEST_PAUSE_S = 15.0
SETTLING_S = 5.0  # what was under way ends; then there is nothing to do but to wait
FROZEN_S = 12.0  # about the session time-out, which it may pass or not
MOST_CPU = 0.05
MOST_GROWTH_MB = 50.0


def without_one(how: str, end: Callable[[ApacheKafka], None]) -> Callable[[World, Strike], None]:
    """Each node in turn goes and comes back; sending must not stand still for long."""

    def strike(world: World, strike: Strike) -> None:
        cluster = world.setting.cluster
        assert cluster is not None
        node = cluster.next_node()
        at = time.monotonic()
        world.setting.say(f"{how} of {node.folder.name} after {world.watch.taken} mails")
        end(node)
        world.rest(world.size.hold_s)
        pause_s = _pause_since(world, at)
        node.start()
        cluster.wait_in_sync()
        pause_s = max(pause_s, _pause_since(world, at))
        told = f"{how} of {node.folder.name}: sending stood still for {pause_s:.1f} s"
        world.setting.say(told)
        if pause_s > LONGEST_PAUSE_S:
            world.broken.append(told)

    return strike


def without_any(world: World, strike: Strike) -> None:
    """All nodes are killed at once; the members wait, and do next to nothing meanwhile."""
    cluster = world.setting.cluster
    assert cluster is not None
    pids = [member.service.process.pid for member in world.members.running]
    before = [resident_mb(pid) for pid in pids]
    world.setting.say(f"Kafka goes after {world.watch.taken} mails")
    cluster.kill()
    world.rest(SETTLING_S)
    began, used = time.monotonic(), [cpu_s(pid) for pid in pids]
    world.rest(max(world.size.hold_s - SETTLING_S, 1.0))
    waited = time.monotonic() - began
    shares = [(cpu_s(pid) - start) / waited for pid, start in zip(pids, used, strict=True)]
    growths = [resident_mb(pid) - start for pid, start in zip(pids, before, strict=True)]
    cluster.start()
    told = (
        f"{waited:.0f} s without Kafka: {max(shares):.1%} of a processor, "
        f"memory grew by {max(growths):.1f} MB"
    )
    world.setting.say(told)
    if max(shares) > MOST_CPU or max(growths) > MOST_GROWTH_MB:
        world.broken.append(told)
    seen, back = world.watch.taken, time.monotonic()
    world.until_taken(min(seen + 1, world.size.mails))
    world.setting.say(f"sending goes on after {time.monotonic() - back:.1f} s")


def frozen(world: World, strike: Strike) -> None:
    """It answers nobody for a while, and may then put the members out of the group.

    What they delivered meanwhile is settled nowhere but in them; only that may come twice.
    """
    kafka = world.setting.kafka
    assert kafka is not None
    members = world.members.running
    commits = world.watch.commits(last=False)
    world.setting.say(f"Kafka freezes after {world.watch.taken} mails")
    kafka.freeze()
    try:
        world.rest(FROZEN_S * (0.8 + strike.dice))
    finally:
        kafka.thaw()
    after = time.monotonic()
    world.setting.say(f"Kafka goes on after {world.watch.taken} mails")
    for member in members:
        world.until_ready(member)
    for member in members:
        world.blame("standstill", member, after, commits)


def _pause_since(world: World, at: float) -> float:
    """The longest time without a mail, while there were some to send."""
    world.watch.look()
    times = [at, *(one.at for one in world.watch.record if one.fate in TAKEN and one.at > at)]
    if world.watch.taken < world.size.mails:
        times.append(time.monotonic())
    return max((after - before for before, after in pairwise(times)), default=0.0)
