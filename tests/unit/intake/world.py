"""A consumer group one step at a time: what the service decides is real, Kafka and time are not.

`world_steps` tells what can happen next, `after` gives the world in which it has, `world_checks`
raises `Broken` where a promise does not hold. Requests of one member reach the broker in the order
they were sent.
"""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.claim import Claim
from app.domain.record import Partition, Record
from app.intake.holdings import Moved, moved
from app.intake.resume import Plan, plan
from app.kafka import Committed
from tests.unit.intake.world_checks import check
from tests.unit.intake.world_parts import Broken, Log, Member, Place, Rules, Step

if TYPE_CHECKING:
    from app.intake.assigned import Assigned
    from app.intake.drafts import Draft


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
        check(world)
        return world

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
            if found.lost and not found.truncated:
                gone = {place for place in self.vanished if place[0] == part}
                self.named |= {place for place in gone if place[1] < found.position}

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
            metadata = commit.metadata if self.rules.keeps_metadata else ""
            self.committed[part] = Committed(commit.offset, metadata)
        return True

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
        before = self.handed_out(part)
        self.committed[part] = Committed(offset, metadata)
        after = self.handed_out(part)
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

    # What is known of it.

    def _plan(self, part: Partition) -> Plan:
        log = self.logs[part]
        return plan(self.committed[part], log.first, log.end)

    def handed_out(self, part: Partition) -> set[int]:
        found = self._plan(part)
        return {o for o in self.logs[part].offsets if o >= found.position or o in found.unsettled}

    def _excuse(self, member: Member) -> None:
        """What it settled since its last checkpoint may come again."""
        for part in member.holdings.states:
            self.excused |= {(part, each) for each in self.handed_out(part)} & self.done

    def _gone(self, state: Assigned, offsets: list[int]) -> None:
        for offset in offsets:
            self.named.add((state.partition, offset))
            if state.ledger:
                state.ledger.settle(offset)

    @staticmethod
    def _forget_taken(member: Member, part: Partition) -> None:
        member.taken = {place for place in member.taken if place[0] != part}
