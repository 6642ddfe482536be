"""What the next commit has to say, and what of it the group holds already. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.record import Partition
from app.intake.ledger import CommitPolicy
from app.kafka import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.intake.ledger import Ledger, PartitionLedger

Versions = dict[tuple[Partition, int], int]  # (partition, epoch) -> the ledger's version


@dataclass(frozen=True, slots=True)
class Draft:
    """One commit; `versions` are what the group holds once it has accepted it."""

    commits: Mapping[Partition, Commit]
    versions: Versions


class Drafts:
    """Drafts of commits over the partitions that `owned` gives.

    Until a commit was read back the offsets are the settled ones, whatever the `policy`: a broker
    that drops the metadata would otherwise make the next owner skip what is unsettled.
    """

    def __init__(
        self, ledger: Ledger, policy: CommitPolicy, owned: Callable[[], Iterable[Partition]]
    ) -> None:
        self.verified = False
        self._policy = policy
        self._ledger = ledger
        self._owned = owned
        self._written: Versions = {}
        self._committed: dict[tuple[Partition, int], Commit] = {}

    @property
    def policy(self) -> CommitPolicy:
        return self._policy if self.verified else CommitPolicy.SETTLED

    def read_back(self, metadata: str) -> bool:
        """What the broker kept of a commit; whether that is enough for the policy."""
        if not metadata and self._policy is not CommitPolicy.SETTLED:
            self._policy = CommitPolicy.SETTLED
            self.verified = True
            return False
        if self.policy is not self._policy:
            self.forget()
        self.verified = True
        return True

    def changed(self) -> list[Partition]:
        """Those whose ledger differs from what the group holds."""
        return [
            partition
            for partition, ledger in self._ledgers()
            if self._written.get((partition, ledger.epoch)) != ledger.version
        ]

    def unsettled(self) -> list[Partition]:
        """Those with unsettled offsets."""
        return [part for part, ledger in self._ledgers() if ledger.lowest is not None]

    def any(self) -> list[Partition]:
        """Some one of them, to ask the group whether it still takes our commits."""
        return [partition for partition, _ in self._ledgers()][:1]

    def draft(self, partitions: Iterable[Partition]) -> Draft:
        """The state of these partitions as it is now."""
        commits: dict[Partition, Commit] = {}
        versions: Versions = {}
        for partition in partitions:
            ledger = self._ledger.get(partition)
            if ledger is not None:
                offset = ledger.committed_offset(self.policy)
                commits[partition] = Commit(offset, ledger.metadata(self.policy))
                versions[partition, ledger.epoch] = ledger.version
        return Draft(commits, versions)

    def accepted(self, draft: Draft) -> None:
        """The group holds it now."""
        self._written |= draft.versions
        for key in draft.versions:
            self._committed[key] = draft.commits[key[0]]

    def committed(self, partition: Partition) -> Commit | None:
        """What the group accepted last from this assignment; None before the first."""
        ledger = self._ledger.get(partition)
        return None if ledger is None else self._committed.get((partition, ledger.epoch))

    def forget(self) -> None:
        """What the group holds is no longer known, or no longer what it shall hold."""
        self._written.clear()

    def _ledgers(self) -> Iterable[tuple[Partition, PartitionLedger]]:
        for partition in self._owned():
            ledger = self._ledger.get(partition)
            if ledger is not None:
                yield partition, ledger
