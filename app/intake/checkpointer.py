"""Writing checkpoints: one commit at a time, soon after anything changed."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from app.intake.ledger import CommitPolicy
from app.kafka import Commit, CommitRefused, KafkaError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from app.domain.record import Partition
    from app.intake.ledger import Ledger
    from app.kafka import Committed, Consumer

log = logging.getLogger(__name__)

TICK_S = 0.25  # at most this often while anything changes
REFRESH_S = 3.0  # at least this often while anything is assigned
COMMIT_TIMEOUT_S = 5.0


class Checkpointer:
    """Commits the ledger of one consumer's partitions.

    `owned` gives the partitions that were resumed in this assignment, `read_back` what the broker
    holds for one. `overdue()` is the gate: no job may start while it is true.
    """

    def __init__(
        self,
        consumer: Consumer,
        ledger: Ledger,
        policy: CommitPolicy,
        owned: Callable[[], Iterable[Partition]],
        read_back: Callable[[Partition], Awaitable[Committed]],
    ) -> None:
        self.policy = policy
        self._consumer = consumer
        self._ledger = ledger
        self._owned = owned
        self._read_back = read_back
        self._written: dict[tuple[Partition, int], int] = {}  # (partition, epoch) -> version
        self._ticking: asyncio.Task[None] | None = None
        self._pending: asyncio.Task[None] | None = None
        self._held = False
        self._doubted = False
        self._last_success = time.monotonic()
        self._verified = False
        self._troubled = False

    def overdue(self) -> bool:
        """Whether so long has gone by that another member may own the partitions by now.

        Also after idleness: a process that was frozen finds new mail before it learns that it is
        no member any more. A commit that the group refuses says at once that it may be none.
        """
        age = time.monotonic() - self._last_success
        late = self._doubted or age > self._consumer.times.session_s
        return late and bool(self._unsettled())

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
        while True:
            await asyncio.sleep(TICK_S)
            if versions := self._to_write():
                await self._commit_once(versions)

    async def final(self, seconds: float) -> bool:
        """The last checkpoint of an assignment; whether it was written.

        A pending one is cancelled first: begun in one generation, it might be accepted in the
        next and overwrite the new owner's.
        """
        self._held = True
        await self._cancel_pending()
        changed = self._changed()
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
        self._written.clear()

    async def _verify(self, partition: Partition) -> None:
        """Read the first checkpoint back: some brokers take the metadata and drop it."""
        found = await self._read_back(partition)
        self._verified = True
        if found.metadata or self.policy is CommitPolicy.SETTLED:
            return
        log.warning(
            "the broker does not keep commit metadata; committing settled offsets instead "
            "(as KAFKA_COMMIT=settled does), so that nothing is skipped"
        )
        self.policy = CommitPolicy.SETTLED
        self._written.clear()

    def _changed(self) -> dict[Partition, int]:
        """Version of each owned partition that differs from what is written."""
        changed = {}
        for partition in self._owned():
            ledger = self._ledger.get(partition)
            if ledger is None:
                continue
            if self._written.get((partition, ledger.epoch)) != ledger.version:
                changed[partition] = ledger.version
        return changed

    def _unsettled(self) -> dict[Partition, int]:
        """Version of each owned partition that has unsettled offsets."""
        return {
            partition: ledger.version
            for partition in self._owned()
            if (ledger := self._ledger.get(partition)) and ledger.lowest is not None
        }

    def _to_write(self) -> dict[Partition, int]:
        """What has changed; from time to time what is unsettled, or some one partition.

        That the group takes a commit is what shows that we still belong to it.
        """
        if self._held:
            return {}
        changed = self._changed()
        if changed or time.monotonic() - self._last_success < REFRESH_S:
            return changed
        if unsettled := self._unsettled():
            return unsettled
        return {
            partition: ledger.version
            for partition in list(self._owned())[:1]
            if (ledger := self._ledger.get(partition))
        }

    async def _commit_once(self, versions: Mapping[Partition, int]) -> None:
        pending = self._pending = asyncio.create_task(self._write(versions), name="checkpoint")
        try:
            # Watched, not awaited: the last checkpoint cancels it, which must not end the ticking.
            await asyncio.wait([pending], timeout=COMMIT_TIMEOUT_S)
            if not pending.done():
                self._trouble(f"no answer within {COMMIT_TIMEOUT_S:g} s")
                return
            if pending.cancelled():
                return
            pending.result()
            if not self._verified:
                await self._verify(next(iter(versions)))
        except CommitRefused as error:
            # The group is rebalancing: the revocation writes the last checkpoint. Or it has put us
            # out while we stood still, and the partitions are another's.
            self._doubted = True
            log.debug("checkpoint refused: %s", error)
        except (KafkaError, OSError, TimeoutError) as error:
            self._trouble(str(error) or type(error).__name__)
        finally:
            await self._cancel_pending()

    async def _write(self, versions: Mapping[Partition, int]) -> None:
        commits = {}
        keys = {}
        for partition, version in versions.items():
            ledger = self._ledger.get(partition)
            if ledger is not None:
                offset = ledger.committed_offset(self.policy)
                commits[partition] = Commit(offset, ledger.metadata(self.policy))
                keys[partition, ledger.epoch] = version
        if not commits:
            return
        asked = time.monotonic()
        await self._consumer.commit(commits, COMMIT_TIMEOUT_S)
        self._written |= keys
        # The answer may have lain unread while the process was frozen; the group knew us when it
        # was asked.
        self._last_success = asked
        self._doubted = False
        if self._troubled:
            self._troubled = False
            log.info("checkpoints are written again")

    async def _cancel_pending(self) -> None:
        pending, self._pending = self._pending, None
        if pending is None:
            return
        if not pending.done():
            pending.cancel()
        # Also what it failed with is taken, so that asyncio does not complain of it.
        await asyncio.gather(pending, return_exceptions=True)

    def _trouble(self, reason: str) -> None:
        level = logging.DEBUG if self._troubled else logging.WARNING
        self._troubled = True
        log.log(level, "a checkpoint could not be written, trying again: %s", reason)
