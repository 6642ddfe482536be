"""What holds the service up, and which setting to change: decided from figures alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from app.cli.bench.facts import Advice, Cause
from app.cli.shown import counted

if TYPE_CHECKING:
    from app.cli.bench.facts import Facts

# From here on a processor, the workers, or a rate count as used up.
FULL: Final = 0.85
AT_THE_RATE: Final = 0.9
# A part of a worker's time that is worth naming.
MUCH: Final = 0.5
# So much of what Little's law allows is as much as workers carry.
NEARLY: Final = 0.75
SOME: Final = 0.2
# Below so many seconds of full load figures do not repeat.
SHORT_S: Final = 1.0
# Mails for each connection, below which opening them is worth naming.
FEW_MAILS: Final = 20
# More workers are advised until the processor would be so full; not more than so many times.
WANTED_CPU: Final = 0.7
MOST_TIMES: Final = 4
SPREAD: Final = 12


def advise(facts: Facts) -> list[Advice]:
    """What spoils the figures first, then the one thing that holds the service up."""
    looks = (_undelivered(facts), _short(facts), _reconnecting(facts))
    spoils = [each for each in looks if each]
    for look in _LOOKS:
        if found := look(facts):
            return [*spoils, found]
    return spoils or [
        Advice(
            Cause.NOTHING,
            "Nothing stands out: workers, processor and Kafka keep pace with each other.",
            "Leave the settings as they are.",
        )
    ]


def _undelivered(facts: Facts) -> Advice | None:
    if not facts.others:
        return None
    reason = f": {facts.reason}" if facts.reason else ""
    return Advice(
        Cause.UNDELIVERED,
        f"{facts.others:,} of {counted(facts.others + facts.delivered, 'mail')} were not "
        f"delivered{reason}.",
        "Mend that first; figures of mails that fail say little. `kafka-mailer check` helps.",
    )


def _short(facts: Facts) -> Advice | None:
    if facts.seconds >= SHORT_S:
        return None
    return Advice(
        Cause.SHORT,
        f"Full load lasted {facts.seconds:.1f} s, which is too short for figures that repeat.",
        "Give it more mails with --mails.",
    )


def _reconnecting(facts: Facts) -> Advice | None:
    mails = facts.delivered + facts.others
    # Each worker may need one.
    again = facts.opened - facts.workers
    if again <= 0 or mails / again > FEW_MAILS:
        return None
    return Advice(
        Cause.RECONNECTING,
        f"{counted(facts.opened, 'connection')} were opened for {counted(mails, 'mail')}: the "
        "relay ends them early, and each new one costs greeting, TLS and login.",
        "Let the relay take more mails on a connection.",
    )


def _rate(facts: Facts) -> Advice | None:
    if facts.rate is None:
        return None
    name, rate = facts.rate
    if facts.per_second < rate * AT_THE_RATE:
        return None
    return Advice(
        Cause.RATE,
        f"{name} holds it at {rate:g} mails/s.",
        f"Raise {name} if the relay takes more.",
        name.rpartition(" ")[2],
    )


def _limited(facts: Facts) -> Advice | None:
    if not facts.limited:
        return None
    return Advice(
        Cause.RELAY_LIMITED,
        f"The relay refused {counted(facts.limited, 'mail')} because it limits how much it takes, "
        "and was given less since.",
        "Ask its operator for more, or spread the mail over several with SMTP_RELAYS.",
        "SMTP_RELAYS",
    )


def _processor(facts: Facts) -> Advice | None:
    if facts.cpu < FULL:
        return None
    text = (
        f"The processor is what binds it: the service used {facts.cpu:.0%} of a core, and a "
        "process uses one. More workers would not make it faster."
    )
    has = facts.own_partitions
    if has is not None and has < 2:
        return Advice(
            Cause.PROCESSOR,
            f"{text} A second instance would get nothing: the queue has 1 partition.",
            f"`kafka-mailer topics apply --partitions {SPREAD}`, then start another instance.",
        )
    most = f" The queue's {has} partitions bear as many instances." if has else ""
    return Advice(Cause.PROCESSOR, text, f"Start another instance, on a core of its own.{most}")


def _machine(facts: Facts) -> Advice | None:
    if facts.machine is None or facts.machine < AT_THE_RATE:
        return None
    return Advice(
        Cause.MACHINE,
        f"All cores of this machine are in use ({facts.machine:.0%}), of which the service had "
        f"{facts.cpu:.0%} of one: it shares them with others, such as Kafka or the relay.",
        "Give the service a core of its own, and measure again.",
    )


def _connections(facts: Facts) -> Advice | None:
    most = facts.connections_most
    if most is None or most >= facts.workers or facts.unaccounted < SOME:
        return None
    return Advice(
        Cause.CONNECTIONS,
        f"{counted(facts.workers, 'worker')} share {counted(most, 'connection')}, and wait for "
        f"one {facts.unaccounted:.0%} of their time.",
        "Allow more with `connections=` in SMTP_RELAYS, if the relay takes them; else fewer "
        "workers do as well.",
        "SMTP_RELAYS",
    )


def _workers(facts: Facts) -> Advice | None:
    """By Little's law they carry no more, whoever else is busy."""
    if facts.busy < FULL or facts.relay < MUCH or not facts.alone_s:
        return None
    if facts.per_second < facts.workers / facts.alone_s * NEARLY:
        return None
    times = min(MOST_TIMES, WANTED_CPU / facts.cpu if facts.cpu else MOST_TIMES)
    more = max(facts.workers + 1, math.ceil(facts.workers * times))
    carries = more / facts.alone_s
    taken = ", if the relay takes as many connections" if facts.to_relay else ""
    return Advice(
        Cause.WORKERS,
        f"All {counted(facts.workers, 'worker')} are busy, {facts.relay:.0%} of their time with "
        f"the relay, and the service uses {facts.cpu:.0%} of a core: it waits for the relay.",
        f"Set {facts.workers_setting}={more}{taken}: about {_round(carries)} mails/s at "
        f"{facts.alone_s * 1000:.3g} ms a mail.",
        facts.workers_setting,
    )


def _relay(facts: Facts) -> Advice | None:
    if facts.busy < FULL or facts.relay < MUCH:
        return None
    return Advice(
        Cause.RELAY,
        f"The relay is slower the more it gets: a worker has a mail for "
        f"{facts.alone_s * 1000:.3g} ms at the steady rate, and for "
        f"{facts.processing_s * 1000:.3g} ms at full load.",
        "See to the relay, or spread the mail over several with SMTP_RELAYS; more workers would "
        "wait longer.",
        "SMTP_RELAYS",
    )


def _room(facts: Facts) -> Advice | None:
    if facts.busy >= FULL or facts.full < MUCH:
        return None
    if facts.memory >= AT_THE_RATE:
        return Advice(
            Cause.MEMORY,
            f"Workers are idle {1 - facts.busy:.0%} of their time while the messages held fill "
            "EMAIL_MAX_MEMORY.",
            "Raise EMAIL_MAX_MEMORY.",
            "EMAIL_MAX_MEMORY",
        )
    if facts.buffer >= MOST_TIMES * facts.workers:
        return None
    more = max(MOST_TIMES * facts.workers, 2 * facts.buffer)
    return Advice(
        Cause.BUFFER,
        f"Workers are idle {1 - facts.busy:.0%} of their time while reading waits for room: a "
        f"buffer of {facts.buffer:,} runs empty before more is read.",
        f"Set EMAIL_WORKER_BUFFER={more}.",
        "EMAIL_WORKER_BUFFER",
    )


def _kafka(facts: Facts) -> Advice | None:
    if facts.busy >= FULL or facts.full >= MUCH:
        return None
    return Advice(
        Cause.KAFKA,
        f"Workers are idle {1 - facts.busy:.0%} of their time, and there is room: records come "
        "from Kafka more slowly than they are sent.",
        "See to the brokers and the way to them; partitions on more brokers help.",
    )


def _round(number: float) -> str:
    """Two digits are as many as such a guess has."""
    if number < 10:
        return f"{number:.2g}"
    step = 10 ** (len(str(int(number))) - 2)
    return f"{round(number / step) * step:,}"


# The first that has something to say counts: what binds before what it would be bound by next.
_LOOKS: Final = (
    *(_limited, _rate, _processor, _connections, _workers),
    *(_machine, _relay, _room, _kafka),
)
