"""The kinds of faults, each as what one strike does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.faults import topic_limit
from tests.faults.brokers import frozen, without_any, without_one
from tests.faults.conduct import Conduct
from tests.faults.schedule import schedule
from tests.faults.verdict import judge
from tests.faults.world import World
from tests.support.backends.maven import ApacheKafka

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.faults.schedule import Strike
    from tests.faults.verdict import Report
    from tests.faults.world import Setting, Size

FROZEN_S = 13.0  # longer than the session time-out of 10 s
MOST_MEMBERS = 4
FEWEST_MEMBERS = 2

# Short waits, so that a run ends soon; enough of them, so that no relay's rest uses them up.
QUICK_RETRIES = {"RETRY_DELAYS": "2s,4s,8s,16s,32s,64s,64s,64s,64s,64s"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """`strike` returns when the fault is over. `members`: at least so many of them.

    `conduct`: the relay's manners from the beginning. `static`: members have instance ids.
    `own_kafka`: only where the Kafka is ours to harm; `cluster`: only on three nodes. `all_told`:
    every mail's end has to have a result.
    """

    name: str
    strike: Callable[[World, Strike], None]
    members: int = 1
    conduct: Conduct = field(default_factory=Conduct)
    env: Mapping[str, str] = field(default_factory=lambda: QUICK_RETRIES)
    static: bool = False
    own_kafka: bool = False
    cluster: bool = False
    all_told: bool = True


def carry_out(scenario: Scenario, setting: Setting, size: Size, seed: int) -> Report:
    """One run from its seed; the report says what was found, and raises nothing for it."""
    with World(
        setting,
        size,
        seed,
        env=scenario.env,
        conduct=scenario.conduct,
        static=scenario.static,
    ) as world:
        trouble = ""
        try:
            for strike in schedule(seed, size.strikes, size.mails):
                world.until_taken(strike.after)
                world.rest(strike.pause_s)
                scenario.strike(world, strike)
            world.until_settled()
            world.members.end()
        except AssertionError as error:
            trouble = str(error)
            world.members.kill()
        return judge(replace(world.evidence(trouble), all_told=scenario.all_told))


def _kill(world: World, strike: Strike) -> None:
    member = world.members.pick(strike.member)
    if not strike.early:
        world.until_at_work(member)
        world.rest(strike.pause_s)
    world.harm("kill -9", member, member.kill)
    member.start()


def _terminate(world: World, strike: Strike) -> None:
    member = world.members.pick(strike.member)
    if not strike.early:
        world.until_at_work(member)
    world.setting.say(f"SIGTERM {member.life} after {world.watch.taken} mails")
    member.end()
    member.start()


def _freeze(world: World, strike: Strike) -> None:
    member = world.members.pick(strike.member)
    world.until_at_work(member)
    world.harm("SIGSTOP", member, member.freeze)
    world.rest(FROZEN_S * (0.7 + strike.dice))
    world.setting.say(f"SIGCONT {member.life} after {world.watch.taken} mails")
    member.thaw()
    world.until_ready(member)


def _rebalance(world: World, strike: Strike) -> None:
    running = world.members.running
    leaves = len(running) > FEWEST_MEMBERS and strike.dice < 0.5
    if leaves or len(running) >= MOST_MEMBERS:
        member = world.members.pick(strike.member)
        world.setting.say(f"{member.life} leaves after {world.watch.taken} mails")
        member.end()
    else:
        member = world.members.add()
        world.setting.say(f"{member.life} joins after {world.watch.taken} mails")
        world.until_ready(member)


def _relay_away(world: World, strike: Strike) -> None:
    world.setting.say(f"the relay goes after {world.watch.taken} mails")
    world.relay.go()
    world.rest(world.size.hold_s)
    world.relay.come()


def _misbehave(conduct: Conduct) -> Callable[[World, Strike], None]:
    def strike(world: World, strike: Strike) -> None:
        world.setting.say(f"{conduct} after {world.watch.taken} mails")
        world.relay.behave(conduct)
        world.rest(world.size.hold_s)
        world.relay.behave(Conduct())

    return strike


def _refuse_results(world: World, strike: Strike) -> None:
    world.setting.say(f"results are refused after {world.watch.taken} mails")
    topic_limit.change(world.setting.brokers, world.topics.results, 10)
    world.rest(world.size.hold_s)
    topic_limit.change(world.setting.brokers, world.topics.results, 1_000_000)


def _kafka_away(world: World, strike: Strike) -> None:
    kafka = world.setting.kafka
    assert kafka is not None
    world.setting.say(f"Kafka goes after {world.watch.taken} mails")
    kafka.kill()
    world.rest(world.size.hold_s)
    kafka.start()


SLOW = Conduct(slow=0.05, delay_s=0.9)
# So slow that there is mail left to send while brokers come and go.
STEADY = Conduct(slow=1.0, delay_s=0.1)

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("kill", _kill),
        Scenario("kill-static", _kill, static=True),
        Scenario("kill-two", _kill, members=2),
        Scenario("terminate", _terminate, conduct=SLOW),
        Scenario("freeze", _freeze, members=2, conduct=SLOW),
        Scenario("rebalance", _rebalance, members=2, conduct=SLOW),
        Scenario("relay-away", _relay_away),
        Scenario("relay-drops", _misbehave(Conduct(drop=1.0))),
        Scenario("relay-cuts", _misbehave(Conduct(drop=0.1, cut=0.2, slow=0.2, delay_s=0.5))),
        Scenario("relay-refuses", _misbehave(Conduct(refuse=0.5))),
        Scenario("results-refused", _refuse_results, all_told=False),
        Scenario("kafka-away", _kafka_away, own_kafka=True),
        Scenario("broker-frozen", frozen, conduct=STEADY, own_kafka=True),
        Scenario(
            "broker-killed",
            without_one("kill -9", ApacheKafka.kill),
            conduct=STEADY,
            cluster=True,
        ),
        Scenario(
            "broker-ended",
            without_one("SIGTERM", ApacheKafka.stop),
            conduct=STEADY,
            cluster=True,
        ),
        Scenario("brokers-away", without_any, conduct=STEADY, cluster=True),
    )
}
