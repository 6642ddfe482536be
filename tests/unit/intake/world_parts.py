"""What a world of a consumer group is made of, and the rules that hold in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from app.domain.record import Partition
from app.intake.drafts import Draft, Drafts
from app.intake.holdings import Holdings
from app.intake.ledger import CommitPolicy, Ledger

if TYPE_CHECKING:
    from app.domain.claim import Claim
    from app.intake.assigned import Assigned
    from app.intake.resume import Plan

Step = tuple[Any, ...]  # the name of a method of `World`, and its arguments
Place = tuple[Partition, int]


class Broken(AssertionError):
    """A promise does not hold in this world."""


class Log(NamedTuple):
    first: int
    end: int
    offsets: tuple[int, ...]


@dataclass(frozen=True)
class Rules:
    """`budget` bounds how often something may happen. The switches below are faults of ours."""

    logs: tuple[Log, ...]
    policy: CommitPolicy = CommitPolicy.SUBMITTED
    members: int = 2
    generations: int = 3
    budget: tuple[tuple[str, int], ...] = ()
    keeps_metadata: bool = True
    trusts_at_once: bool = True
    cancels_pending: bool = True
    reads_for_the_assignment: bool = True
    commits_only_as_member: bool = True


class Member:
    def __init__(self, rules: Rules) -> None:
        self.ledger = Ledger()
        self.holdings = Holdings(self.ledger)
        self.drafts = Drafts(self.ledger, rules.policy, self.holdings.owned)
        self.drafts.verified = rules.trusts_at_once
        self.phase = "joining"
        self.generation = -1
        self.fetch: dict[Partition, int] = {}
        self.read: dict[Partition, tuple[Assigned, Plan]] = {}
        self.claims: list[Claim] = []
        self.old: set[Claim] = set()  # of a topic that was deleted since
        self.barred: set[Claim] = set()  # taken after the session ended: the gate is shut
        self.taken: set[Place] = set()
        self.pending: Draft | None = None
        self.wrote = False
