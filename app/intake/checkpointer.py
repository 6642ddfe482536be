"""Writing checkpoints: one commit at a time, soon after anything changed."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from app.kafka import CommitRefused, KafkaError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from app.domain.record import Partition
    from app.domain.vitals import Vitals
    from app.intake.drafts import Drafts
    from app.kafka import Commit, Committed, Consumer

log = logging.getLogger(__name__)

TICK_S = 0.25  # at most this often while anything changes
LEAST_PAUSE_S = 0.02
REFRESH_S = 3.0  # at least this often while anything is assigned
COMMIT_TIMEOUT_S = 5.0
READ_BACK_S = 3.0


class Checkpointer:
    """Commits the ledgers of one consumer's partitions, as `drafts` words them.

    `read_back` gives what the broker holds for a partition. `overdue()` is the gate: no job may
    start while it is true. `vitals` hears of commits that fail.
    """

    def __init__(
        self,
        consumer: Consumer,
        drafts: Drafts,
        read_back: Callable[[Partition], Awaitable[Committed]],
        vitals: Vitals,
    ) -> None:
        self._consumer = consumer
        self._session_s = consumer.times.session_s
        self._drafts = drafts
        self._read_back = read_back
        self._vitals = vitals
        self._ticking: asyncio.Task[None] | None = None
        self._pending: asyncio.Task[None] | None = None
        self._held = False
        self._doubted = False
        self._last_success = time.monotonic()

    def overdue(self) -> bool:
        """Whether so long has gone by that another member may own the partitions by now.

        Also after idleness: a process that was frozen finds new mail before it learns that it is
        no member any more. A commit that the group refuses says at once that it may be none.
        """
        if not self._doubted and time.monotonic() - self._last_success <= self._session_s:
            return False
        return bool(self._drafts.unsettled())

    @property
    def age_s(self) -> float:
        """Since the group last took a checkpoint, or gave the partitions."""
        return time.monotonic() - self._last_success

    def committed(self, partition: Partition) -> Commit | None:
        """What was last committed by this assignment, as far as is known."""
        return self._drafts.committed(partition)

    def start(self) -> None:
        """Begin to tick; `stop` ends it."""
        self._ticking = asyncio.create_task(self._tick(), name="checkpoints")

    async def stop(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.wait([self._ticking])

    def check(self) -> None:
        """Raise what ended the ticking, if anything did."""
        if self._ticking is not None and self._ticking.done():
            self._ticking.result()

    async def _tick(self) -> None:
        began = time.monotonic()
        while True:
            # From one beginning to the next, so that a slow answer does not delay the one after it.
            await asyncio.sleep(max(began + TICK_S - time.monotonic(), LEAST_PAUSE_S))
            began = time.monotonic()
            if partitions := self._to_write():
                await self._commit_once(partitions)

    async def final(self, seconds: float) -> bool:
        """The last checkpoint of an assignment; whether it was written.

        A pending one is cancelled first: begun in one generation, it might be accepted in the
        next and overwrite the new owner's.
        """
        self._held = True
        await self._cancel_pending()
        changed = self._drafts.changed()
        if not changed:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._write(changed)
        except (CommitRefused, KafkaError, OSError, TimeoutError) as error:
            log.warning(
                "the last checkpoint was not written (%s); what was settled in the last moment "
                "may be sent again by the next owner",
                str(error) or type(error).__name__,
            )
            return False
        return True

    def resume(self) -> None:
        """Checkpoints go on, with whatever partitions the group has given just now."""
        self._held = False
        self._doubted = False
        self._last_success = time.monotonic()
        self._vitals.trouble(None)
        self._drafts.forget()

    async def _verify(self, partition: Partition) -> None:
        """Read the first checkpoint back: some brokers take the metadata and drop it."""
        async with asyncio.timeout(READ_BACK_S):  # meanwhile no checkpoint is written
            found = await self._read_back(partition)
        if not self._drafts.read_back(found.metadata):
            log.warning(
                "the broker does not keep commit metadata; committing settled offsets instead "
                "(as KAFKA_COMMIT=settled does), so that nothing is skipped"
            )

    def _to_write(self) -> list[Partition]:
        """What has changed; from time to time what is unsettled, or some one partition.

        That the group takes a commit is what shows that we still belong to it.
        """
        if self._held:
            return []
        changed = self._drafts.changed()
        if changed or time.monotonic() - self._last_success < REFRESH_S:
            return changed
        return self._drafts.unsettled() or self._drafts.any()

    async def _commit_once(self, partitions: Sequence[Partition]) -> None:
        pending = self._pending = asyncio.create_task(self._write(partitions), name="checkpoint")
        try:
            # Watched, not awaited: the last checkpoint cancels it, which must not end the ticking.
            await asyncio.wait([pending], timeout=COMMIT_TIMEOUT_S)
            if not pending.done():
                self._trouble(f"no answer within {COMMIT_TIMEOUT_S:g} s")
                return
            if pending.cancelled():
                return
            pending.result()
            if not self._drafts.verified:
                await self._verify(partitions[0])
        except CommitRefused as error:
            # The group is rebalancing: the revocation writes the last checkpoint. Or it has put us
            # out while we stood still, and the partitions are another's.
            self._doubted = True
            log.debug("checkpoint refused: %s", error)
        except (KafkaError, OSError, TimeoutError) as error:
            self._trouble(str(error) or type(error).__name__)
        finally:
            await self._cancel_pending()

    async def _write(self, partitions: Sequence[Partition]) -> None:
        draft = self._drafts.draft(partitions)
        if not draft.commits:
            return
        asked = time.monotonic()
        await self._consumer.commit(draft.commits, COMMIT_TIMEOUT_S)
        self._drafts.accepted(draft)
        # The answer may have lain unread while the process was frozen; the group knew us when it
        # was asked.
        self._last_success = asked
        self._doubted = False
        self._vitals.trouble(None)

    async def _cancel_pending(self) -> None:
        pending, self._pending = self._pending, None
        if pending is None:
            return
        if not pending.done():
            pending.cancel()
        # Also what it failed with is taken, so that asyncio does not complain of it.
        await asyncio.gather(pending, return_exceptions=True)

    def _trouble(self, reason: str) -> None:
        self._vitals.trouble(f"they cannot be written: {reason}")
