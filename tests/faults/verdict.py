"""What a run came to: every mail's end, and the cause of every duplicate. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.faults.conduct import Entry, Fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

TAKEN = frozenset({Fate.ACCEPTED, Fate.UNANSWERED})
WITHOUT_MAIL = frozenset({"expired", "suppressed", "duplicate"})


@dataclass(slots=True, eq=False)
class Harm:
    """A life that was ended, or held up, without warning.

    `suspects`: the mails of that life that may come twice: taken by then, and not settled by what
    the group had committed. Besides, each of `workers` may have had one on its way.
    """

    what: str
    at: float
    life: str
    workers: int
    suspects: AbstractSet[str]
    duplicates: int = 0
    late: int = 0

    @property
    def bound(self) -> int:
        return self.workers + len(self.suspects)

    @property
    def within(self) -> bool:
        return self.late <= self.workers and self.duplicates <= self.bound


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen from outside.

    `results`: the final statuses of each id; `all_told`: no result may be missing. `trouble`: why
    the run did not come to its end, where the group's commits say that nothing is left to do.
    """

    produced: Sequence[str]
    record: Sequence[Entry]
    results: Mapping[str, Sequence[str]]
    dead_letters: AbstractSet[str]
    harms: Sequence[Harm]
    codes: Sequence[int]
    trouble: str = ""
    broken: Sequence[str] = ()
    all_told: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What is to be told of a run.

    `lost`: without an end anyone can see. `doomed`: dead letters that the relay never refused.
    `unexplained`: duplicates that no fault allows; `ambiguous`: those that the relay's silence
    allows. `pause_s`: the longest time without a mail.
    """

    mails: int
    delivered: int
    dead: int
    lost: tuple[str, ...]
    doomed: tuple[str, ...]
    duplicates: int
    ambiguous: int
    unexplained: tuple[str, ...]
    harms: tuple[Harm, ...]
    codes: tuple[int, ...]
    trouble: str
    seconds: float
    pause_s: float
    broken: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        return self.mails / self.seconds if self.seconds else 0.0

    @property
    def worst(self) -> Harm | None:
        """The harm that came nearest to its bound."""
        return max(self.harms, key=lambda harm: harm.duplicates / harm.bound, default=None)

    def faults(self) -> list[str]:
        """What must not be; empty when the promise was kept."""
        found = [*self.broken, *filter(None, [self.trouble])]
        if self.lost:
            found.append(f"lost {len(self.lost)}: {_some(self.lost)}")
        if self.doomed:
            found.append(f"dead for the relay's sake {len(self.doomed)}: {_some(self.doomed)}")
        if self.unexplained:
            found.append(
                f"unexplained duplicates {len(self.unexplained)}: {_some(self.unexplained)}"
            )
        found += [
            f"{harm.what} of {harm.life}: {harm.duplicates} duplicates ({harm.late} late), "
            f"bound {harm.bound} (late {harm.workers})"
            for harm in self.harms
            if not harm.within
        ]
        if any(self.codes):
            found.append(f"exit codes {self.codes}")
        return found


def suspected(
    record: Iterable[Entry], life: str, by: float, unsettled: AbstractSet[str]
) -> frozenset[str]:
    """Of what that life had sent by then, the unsettled."""
    return frozenset(
        entry.id
        for entry in record
        if entry.life == life and entry.fate in TAKEN and entry.at <= by and entry.id in unsettled
    )


def judge(evidence: Evidence) -> Report:
    taken: dict[str, list[Entry]] = {}
    refused: set[str] = set()
    unsure: set[tuple[str, str]] = set()
    for entry in evidence.record:
        if entry.fate in TAKEN:
            taken.setdefault(entry.id, []).append(entry)
        elif entry.fate is Fate.UNSURE:
            unsure.add((entry.id, entry.life))
        else:
            refused.add(entry.id)
    copies = _Copies(evidence.harms, unsure)
    for entries in taken.values():
        copies.count(entries)
    times = sorted(entry.at for entry in evidence.record if entry.fate in TAKEN)
    dead = evidence.dead_letters
    return Report(
        mails=len(evidence.produced),
        delivered=len(taken),
        dead=len(dead),
        lost=tuple(one for one in evidence.produced if not _ended(one, taken, evidence)),
        doomed=tuple(sorted(dead - refused)),
        duplicates=copies.duplicates,
        ambiguous=copies.ambiguous,
        unexplained=tuple(copies.unexplained),
        harms=tuple(evidence.harms),
        codes=tuple(evidence.codes),
        trouble=evidence.trouble,
        seconds=times[-1] - times[0] if times else 0.0,
        pause_s=max((after - before for before, after in pairwise(times)), default=0.0),
        broken=tuple(evidence.broken),
    )


def _ended(one: str, taken: Mapping[str, object], evidence: Evidence) -> bool:
    """Whether its end is told, and is where it is told to be."""
    statuses = evidence.results.get(one, ())
    if "delivered" in statuses:
        return one in taken
    if "dead" in statuses:
        return one in evidence.dead_letters
    if not WITHOUT_MAIL.isdisjoint(statuses):
        return True
    return not evidence.all_told and (one in taken or one in evidence.dead_letters)


@dataclass(slots=True)
class _Copies:
    """Attributes each copy but the first of a mail to what allows it."""

    harms: Iterable[Harm]
    unsure: AbstractSet[tuple[str, str]]
    duplicates: int = 0
    ambiguous: int = 0
    unexplained: list[str] = field(default_factory=list)

    def count(self, entries: Sequence[Entry]) -> None:
        for before, after in pairwise(entries):
            self.duplicates += 1
            if before.fate is Fate.UNANSWERED or (before.id, before.life) in self.unsure:
                self.ambiguous += 1
            elif not self._blame(before, after):
                self.unexplained.append(
                    f"{after.id} ({before.life} at {before.at:.2f}, {after.life} at {after.at:.2f})"
                )

    def _blame(self, before: Entry, after: Entry) -> bool:
        """On the harm that had the mail among its suspects, else on one that the life outlasted."""
        harms = [harm for harm in self.harms if harm.at <= after.at]
        for harm in harms:
            if before.life == harm.life and before.id in harm.suspects:
                harm.duplicates += 1
                return True
        for harm in harms:
            if harm.life in {entry.life for entry in (before, after) if entry.at >= harm.at}:
                harm.duplicates += 1
                harm.late += 1
                return True
        return False


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:10]) + (", …" if len(ids) > 10 else "")
