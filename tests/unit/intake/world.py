"""A consumer group one step at a time: what the service decides is real, Kafka and time are not.

`steps` gives what can happen next, `after` the world in which it has, `check` raises `Broken`
where a promise does not hold. Requests of one member reach the broker in the order they were sent.
"""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from app.domain.claim import Claim
from app.domain.record import Partition, Record
from app.intake.drafts import Draft, Drafts
from app.intake.holdings import Holdings, Moved, moved
from app.intake.ledger import CommitPolicy, Ledger
from app.intake.resume import Plan, plan
from app.kafka import Commit, Committed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.intake.assigned import Assigned

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


@dataclass
class World:
    rules: Rules
    logs: dict[Partition, Log] = field(default_factory=dict)
    committed: dict[Partition, Committed] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    group: set[int] = field(default_factory=set)
    generation: int = 0
    preparing: bool = True
    wire: list[tuple[int, int, Draft]] = field(default_factory=list)
    budget: Counter[str] = field(default_factory=Counter)
    done: set[Place] = field(default_factory=set)  # outcome written
    excused: set[Place] = field(default_factory=set)  # may be sent again
    forgotten: set[Place] = field(default_factory=set)  # by an operator's reset
    vanished: set[Place] = field(default_factory=set)  # by retention, without an outcome
    named: set[Place] = field(default_factory=set)  # said to be gone

    @classmethod
    def new(cls, rules: Rules) -> World:
        world = cls(rules)
        world.logs = {Partition("q", n): log for n, log in enumerate(rules.logs)}
        world.committed = {part: Committed(-1, "") for part in world.logs}
        world.members = [Member(rules) for _ in range(rules.members)]
        world.budget = Counter(dict(rules.budget))
        return world

    def after(self, step: Step) -> World:
        world: World = pickle.loads(pickle.dumps(self, -1))
        getattr(world, step[0])(*step[1:])
        world.check()
        return world

    # What can happen.

    def steps(self) -> Iterator[Step]:
        for number, member in enumerate(self.members):
            yield from self._of_member(number, member)
            if any(sender == number for sender, _, _ in self.wire):
                yield "deliver", number, True
                if self.budget["answer"]:
                    yield "deliver", number, False
                if self.budget["lose"]:
                    yield "lose", number
        if self.preparing and self.generation < self.rules.generations:
            joined = [n for n, one in enumerate(self.members) if one.phase == "joining"]
            if joined and self.group <= set(joined):
                yield "complete", (joined[0], joined[-1])
                if len(joined) > 1:
                    yield "complete", (joined[-1], joined[0])
        if not self.preparing and self.group and self.budget["shuffle"]:
            yield ("shuffle",)
        yield from self._of_operator()

    def _of_member(self, number: int, member: Member) -> Iterator[Step]:
        if member.phase == "down":
            yield ("notice", number) if number in self.group else ("restart", number)
            return
        if member.phase == "joining":
            if not self.preparing:
                yield "join", number
        else:
            yield from self._of_fate(number)
        yield from self._of_work(number, member)
        if member.phase == "draining":
            yield from self._of_drain(number, member)
        elif member.phase == "working":
            if self.preparing or number not in self.group:
                yield "drain", number
            if member.pending is None and member.drafts.changed():
                yield "commit", number
            yield from self._of_reading(number, member)

    def _of_fate(self, number: int) -> Iterator[Step]:
        if self.budget["crash"]:
            yield "crash", number
        if self.budget["kick"] and number in self.group:
            yield "kick", number

    def _of_work(self, number: int, member: Member) -> Iterator[Step]:
        for claim in member.claims:
            if claim not in member.barred:
                yield "finish", number, claim
        if member.pending and not any(sender == number for sender, _, _ in self.wire):
            yield "send", number
        if member.wrote and not member.drafts.verified:
            yield "verify", number
        for part in member.read:
            yield "begin", number, part

    def _of_drain(self, number: int, member: Member) -> Iterator[Step]:
        for claim in member.claims:
            if member.ledger.is_current(claim):
                yield "give_up", number, claim
        if not any(ledger.in_hand for ledger in member.holdings.ledgers()):
            yield "final", number, True
            if self.budget["fail"]:
                yield "final", number, False
        elif self.budget["cut"]:
            yield "cut", number

    def _of_reading(self, number: int, member: Member) -> Iterator[Step]:
        for part, state in member.holdings.states.items():
            if state.ledger is None:
                if part not in member.read:
                    yield "ask", number, part
            elif state.leftover:
                yield "submit", number, part
            elif member.fetch[part] != self.logs[part].end or state.replay:
                yield "poll", number, part

    def _of_operator(self) -> Iterator[Step]:
        for part, log in self.logs.items():
            if self.budget["retain"] and log.offsets:
                yield "retain", part
            if self.budget["reset"] and not self.group:
                for offset in (log.first, log.end):
                    yield "reset", part, offset, ""
                yield "reset", part, log.first, self.committed[part].metadata
            if self.budget["recreate"] and self._clearly_longer(part):
                yield "recreate", part

    def _clearly_longer(self, part: Partition) -> bool:
        """Whether every position known of the old log lies beyond the new one's end, which is 1.

        Otherwise offsets alone cannot tell that it is another log.
        """
        known = [self.committed[part].offset]
        for member in self.members:
            state = member.holdings.states.get(part)
            if state is not None:
                known.append(state.ledger.position if state.ledger else -1)
                known.append(-1 if state.leftover else known[0])
        pending = any(member.pending or member.read for member in self.members)
        return min(known) > 1 and not self.wire and not pending

    # Members.

    def ask(self, number: int, part: Partition) -> None:
        member = self.members[number]
        member.read[part] = (member.holdings.states[part], self._plan(part))

    def begin(self, number: int, part: Partition) -> None:
        member = self.members[number]
        state, found = member.read.pop(part)
        if not self.rules.reads_for_the_assignment:
            state = member.holdings.states.get(part, state)
        if member.holdings.begin(state, found):
            member.fetch[part] = state.next_wanted()
            self._lost_by_plan(part, found)

    def poll(self, number: int, part: Partition) -> None:
        member, log = self.members[number], self.logs[part]
        state = member.holdings.states[part]
        position = member.fetch[part]
        if not log.first <= position <= log.end:
            self._out_of_range(member, state, log)
            return
        coming = [offset for offset in log.offsets if offset >= position]
        state.leftover.extend(Record(*part, offset, 0, None, b"", ()) for offset in coming[:2])
        member.fetch[part] = coming[2] if len(coming) > 2 else log.end
        if not coming:
            self._gone(state, state.read_up_to(log.end))

    def _out_of_range(self, member: Member, state: Assigned, log: Log) -> None:
        match moved(state, log.first, log.end):
            case Moved.BEFORE:
                position = state.ledger.position if state.ledger else 0
                self.named |= {(state.partition, at) for at in range(position, log.first)}
                self._gone(state, state.read_up_to(log.first))
            case Moved.BEYOND:
                member.holdings.begin_anew(state)
                self._forget_taken(member, state.partition)
                return
            case Moved.WITHIN:
                pass
        member.fetch[state.partition] = state.next_wanted()

    def submit(self, number: int, part: Partition) -> None:
        member = self.members[number]
        state = member.holdings.states[part]
        self._gone(state, state.skip_to_wanted())
        if state.leftover and state.ledger and not state.held_back():
            place = (part, state.leftover[0].offset)
            claim = Claim(*part, place[1], state.ledger.epoch)
            if place in member.taken:
                raise Broken(f"{place} is submitted twice by one assignment")
            member.taken.add(place)
            member.claims.append(claim)
            if number not in self.group or member.generation != self.generation:
                member.barred.add(claim)
            elif place in self.done - self.excused:
                raise Broken(f"{place} is submitted again though its outcome was recorded")
            state.submitted()
        if not state.leftover:
            self._gone(state, state.read_up_to(member.fetch[part]))

    def finish(self, number: int, claim: Claim) -> None:
        member = self.members[number]
        member.claims.remove(claim)
        place = (Partition(claim.topic, claim.partition), claim.offset)
        if member.ledger.is_current(claim) and claim not in member.old:
            self.done.add(place)
            if number not in self.group:
                self.excused.add(place)
        member.ledger.settle(claim)

    def give_up(self, number: int, claim: Claim) -> None:
        self.members[number].claims.remove(claim)
        self.members[number].ledger.give_up(claim)

    def commit(self, number: int) -> None:
        member = self.members[number]
        member.pending = member.drafts.draft(member.drafts.changed())
        self.send(number)

    def send(self, number: int) -> None:
        """Also once more, when an answer or a coordinator was missing: with today's generation."""
        member = self.members[number]
        if member.pending:
            self.wire.append((number, member.generation, member.pending))

    def deliver(self, number: int, answered: bool) -> None:
        request = next(each for each in self.wire if each[0] == number)
        self.wire.remove(request)
        taken = self._take_commit(request)
        member = self.members[number]
        if not answered:
            self.budget["answer"] -= 1
        elif member.pending and member.pending == request[2]:
            member.pending = None
            if taken:
                member.drafts.accepted(request[2])
                member.wrote = True

    def lose(self, number: int) -> None:
        self.budget["lose"] -= 1
        self.wire.remove(next(each for each in self.wire if each[0] == number))

    def verify(self, number: int) -> None:
        self.members[number].drafts.read_back("kept" if self.rules.keeps_metadata else "")

    def drain(self, number: int) -> None:
        self.members[number].phase = "draining"
        self.members[number].holdings.draining = True

    def cut(self, number: int) -> None:
        """The drain's time is over; what is past its last octet stays unsettled."""
        self.budget["cut"] -= 1
        self.final(number, written=True)

    def final(self, number: int, written: bool) -> None:
        member = self.members[number]
        if self.rules.cancels_pending:
            member.pending = None
        if changed := member.drafts.changed():
            while any(sender == number for sender, _, _ in self.wire):
                self.deliver(number, answered=True)
            last = (number, member.generation, member.drafts.draft(changed))
            if not written:
                self.budget["fail"] -= 1
            if not written or not self._take_commit(last):
                self._excuse(member)
        member.holdings.drop_all()
        member.phase = "joining"
        member.taken.clear()

    def join(self, _number: int) -> None:
        self.preparing = True

    def crash(self, number: int) -> None:
        self.budget["crash"] -= 1
        self._excuse(self.members[number])
        self.members[number] = Member(self.rules)
        self.members[number].phase = "down"

    def restart(self, number: int) -> None:
        self.members[number].phase = "joining"
        self.preparing = True

    # The group.

    def notice(self, number: int) -> None:
        self.group.discard(number)
        self.preparing = True

    def kick(self, number: int) -> None:
        """Its session ended, and it does not know."""
        self.budget["kick"] -= 1
        self._excuse(self.members[number])
        self.notice(number)

    def shuffle(self) -> None:
        self.budget["shuffle"] -= 1
        self.preparing = True

    def complete(self, owners: tuple[int, ...]) -> None:
        self.generation += 1
        self.preparing = False
        self.group = set(owners)
        parts = list(self.logs)
        for number in self.group:
            member = self.members[number]
            member.phase, member.generation = "working", self.generation
            mine = [part for n, part in enumerate(parts) if owners[n % len(owners)] == number]
            member.holdings.assigned(mine)
            member.drafts.forget()

    def _take_commit(self, request: tuple[int, int, Draft]) -> bool:
        number, generation, draft = request
        fenced = generation == self.generation and number in self.group
        if not fenced and (self.group or self.rules.commits_only_as_member):
            return False
        for part, commit in draft.commits.items():
            self.committed[part] = self._kept(commit)
        return True

    def _kept(self, commit: Commit) -> Committed:
        return Committed(commit.offset, commit.metadata if self.rules.keeps_metadata else "")

    # The log and its operator.

    def retain(self, part: Partition) -> None:
        self.budget["retain"] -= 1
        first, end, offsets = self.logs[part]
        if self.committed[part].offset < 0:
            self.forgotten.add((part, offsets[0]))  # the group has nothing to miss it by
        elif (part, offsets[0]) not in self.done | self.forgotten:
            self.vanished.add((part, offsets[0]))
        first = offsets[1] if len(offsets) > 1 else end
        self.logs[part] = Log(first, end, offsets[1:])

    def reset(self, part: Partition, offset: int, metadata: str) -> None:
        self.budget["reset"] -= 1
        before = self._handed_out(part)
        self.committed[part] = Committed(offset, metadata)
        after = self._handed_out(part)
        every = {(part, each) for each in self.logs[part].offsets}
        if before != after:
            self.excused |= {place for place in every & self.done if place[1] in after}
            self.forgotten |= {place for place in every - self.done if place[1] not in after}

    def recreate(self, part: Partition) -> None:
        self.budget["recreate"] -= 1
        self.logs[part] = Log(0, 1, (0,))
        for ghosts in (self.done, self.excused, self.forgotten, self.vanished, self.named):
            ghosts.difference_update([place for place in ghosts if place[0] == part])
        for member in self.members:
            member.old |= {claim for claim in member.claims if claim.partition == part.number}
            self._forget_taken(member, part)

    # What has to hold.

    def check(self) -> None:
        accounted = self.done | self.forgotten | self.named
        for part, log in self.logs.items():
            handed_out = self._handed_out(part)
            for offset in log.offsets:
                if (part, offset) not in accounted and offset not in handed_out:
                    raise Broken(f"{part.number}/{offset} is lost to whoever resumes")
        for member in self.members:
            for state in member.holdings.states.values():
                if state.ledger is not None:
                    self._check_owner(member, state, accounted)

    def _check_owner(self, member: Member, state: Assigned, accounted: set[Place]) -> None:
        part, ledger = state.partition, state.ledger
        log = self.logs[part]
        if ledger is None or ledger.position > log.end:
            return  # noticed at the next poll
        in_hand = {claim.offset for claim in member.claims if claim.epoch == ledger.epoch}
        coming = {record.offset for record in state.leftover} | set(state.replay)
        given_up = set(ledger.unsettled) if member.holdings.draining else set()
        vanished = {offset for gone, offset in self.vanished if gone == part}
        for offset in {*log.offsets, *vanished}:
            if (part, offset) in accounted or offset in in_hand | coming | given_up:
                continue
            if offset < min(ledger.position, member.fetch[part]) or offset < member.fetch[part]:
                raise Broken(f"{part.number}/{offset} is skipped by its owner")

    def _plan(self, part: Partition) -> Plan:
        log = self.logs[part]
        return plan(self.committed[part], log.first, log.end)

    def _handed_out(self, part: Partition) -> set[int]:
        found = self._plan(part)
        return {o for o in self.logs[part].offsets if o >= found.position or o in found.unsettled}

    def _excuse(self, member: Member) -> None:
        """What it settled since its last checkpoint may come again."""
        for part in member.holdings.states:
            self.excused |= {(part, each) for each in self._handed_out(part)} & self.done

    def _lost_by_plan(self, part: Partition, found: Plan) -> None:
        if found.lost and not found.truncated:
            gone = {place for place in self.vanished if place[0] == part}
            self.named |= {place for place in gone if place[1] < found.position}

    def _gone(self, state: Assigned, offsets: list[int]) -> None:
        for offset in offsets:
            self.named.add((state.partition, offset))
            if state.ledger:
                state.ledger.settle(offset)

    @staticmethod
    def _forget_taken(member: Member, part: Partition) -> None:
        member.taken = {place for place in member.taken if place[0] != part}

    # Equal keys have equal futures: epochs and versions count only by comparison.

    def key(self) -> Step:
        return (
            tuple(self.logs.values()),
            tuple(self.committed.values()),
            self.generation,
            self.preparing,
            frozenset(self.group),
            tuple(self._key_of(member) for member in self.members),
            tuple((n, gen, self._draft_key(n, draft)) for n, gen, draft in self.wire),
            tuple(sorted(self.budget.items())),
            *map(frozenset, (self.done, self.excused, self.forgotten, self.vanished, self.named)),
        )

    def _draft_key(self, number: int, draft: Draft | None) -> Step:
        if draft is None:
            return ()
        ledger = self.members[number].ledger
        now = [
            (entry := ledger.get(part)) and (entry.epoch == epoch, entry.version == version)
            for (part, epoch), version in draft.versions.items()
        ]
        return (*draft.commits.items(), *now)

    def _key_of(self, member: Member) -> Step:
        number = self.members.index(member)
        changed = member.drafts.changed()
        states = []
        for part, state in member.holdings.states.items():
            ledger = state.ledger
            begun = (ledger.position, ledger.unsettled, ledger.in_hand) if ledger else ()
            leftover = tuple(record.offset for record in state.leftover)
            states.append(
                (part, begun, leftover, *state.replay, member.fetch.get(part), part in changed)
            )
        claims = [
            (
                claim[:3],
                member.ledger.is_current(claim),
                claim in member.barred,
                claim in member.old,
            )
            for claim in member.claims
        ]
        return (
            member.phase,
            member.generation,
            tuple(states),
            tuple(sorted(claims)),
            tuple(
                (part, state is member.holdings.states.get(part), found)
                for part, (state, found) in member.read.items()
            ),
            frozenset(member.taken),
            self._draft_key(number, member.pending),
            (member.pending is None, member.wrote, member.drafts.verified, member.drafts.policy),
        )
