"""A group that takes checkpoints, as a consumer of ours would tell of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.domain.claim import Claim
from app.domain.record import Partition
from app.intake import checkpointer as module
from app.intake.checkpointer import Checkpointer
from app.intake.drafts import Drafts
from app.intake.ledger import CommitPolicy, Ledger
from app.kafka import Commit, Committed, GroupTimes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest


QUEUE = Partition("email-queue", 0)


class Group:
    """Keeps commits as a broker would; `trouble` is raised instead, `hang` never answers."""

    group = "group"
    times = GroupTimes(session_s=0.3)

    def __init__(self, *, keeps_metadata: bool = True) -> None:
        self.keeps_metadata = keeps_metadata
        self.commits: list[Commit] = []
        self.trouble: Exception | None = None
        self.hang = False
        self.under_way = 0
        self.most_under_way = 0
        self.looks = 0

    async def commit(self, commits: Mapping[Partition, Commit], timeout_s: float) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self.hang:
                await asyncio.get_running_loop().create_future()
            if self.trouble is not None:
                raise self.trouble
            self.commits.append(commits[QUEUE])
        finally:
            self.under_way -= 1

    def owned(self) -> list[Partition]:
        self.looks += 1
        return [QUEUE]

    async def read_back(self, partition: Partition) -> Committed:
        last = self.commits[-1]
        return Committed(last.offset, last.metadata if self.keeps_metadata else "")


class Vitals:
    def __init__(self) -> None:
        self.told: list[str | None] = [None]

    def beat(self) -> None: ...
    def rest(self) -> None: ...

    def trouble(self, reason: str | None) -> None:
        self.told.append(reason)


def made(
    group: Group,
    ledger: Ledger,
    policy: CommitPolicy = CommitPolicy.SUBMITTED,
    vitals: Vitals | None = None,
) -> Checkpointer:
    return Checkpointer(
        group,  # type: ignore[arg-type]  # the part of Consumer that is used
        Drafts(ledger, policy, group.owned),
        group.read_back,
        vitals or Vitals(),
    )


def claim(offset: int, epoch: int) -> Claim:
    return Claim(QUEUE.topic, QUEUE.number, offset, epoch)


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let checkpoints tick in milliseconds."""
    monkeypatch.setattr(module, "TICK_S", 0.005)
    monkeypatch.setattr(module, "REFRESH_S", 0.05)
    monkeypatch.setattr(module, "COMMIT_TIMEOUT_S", 0.2)
