"""Suppressions as the ops calls ask for them: read and written away from the sending loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from app.bootstrap import configs
from app.bootstrap.letters_desk import problem_of
from app.domain.clock import epoch_ms
from app.domain.errors import MailerError
from app.domain.subject import subject
from app.domain.suppression import Source, Suppression
from app.kafka import Admin, KafkaError
from app.ops.problems import Problem
from app.ops.suppressions import Checked, Done, Entry, EntryPage
from app.state.register import Register

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from app.ops.aside import Aside
    from app.ops.suppressions import ListingEntries, NewEntries
    from app.settings import Settings

T = TypeVar("T")

ANSWER_S: Final = 20.0


class ServiceRegister:
    """`app.ops.suppressions.SuppressionsDesk`; each call opens the topic for itself."""

    def __init__(self, settings: Settings, aside: Aside) -> None:
        self._settings = settings
        self._aside = aside

    async def page(self, wanted: ListingEntries) -> EntryPage:
        """Those that count now, or those whose time is over."""

        async def ask(register: Register) -> EntryPage:
            now = epoch_ms()
            found = sorted(
                (digest.hex(), it.suppression)
                for digest, it in (await register.entries()).items()
                if it.suppression.is_over(now) is wanted.expired
                and wanted.source in {None, it.suppression.source}
            )
            page = [each for each in found if wanted.after is None or each[0] > wanted.after]
            shown = page[: wanted.limit]
            return EntryPage(
                entries=[_entry(*each) for each in shown],
                matching=len(found),
                next=shown[-1][0] if len(page) > len(shown) else None,
            )

        return await self._asked(ask)

    async def add(self, wanted: NewEntries) -> list[Done]:
        """Enter these in place of what there was."""
        until_ms = None if wanted.until is None else round(wanted.until.timestamp() * 1000)
        made = Suppression(Source.MANUAL, wanted.reason, epoch_ms(), until_ms)
        entries = {subject(each).digest: made for each in wanted.addresses}

        async def do(register: Register) -> list[Done]:
            refused = await register.put(entries)
            return [_done(digest, "added", refused.get(digest)) for digest in entries]

        return await self._asked(do)

    async def remove(self, addresses: Sequence[str]) -> list[Done]:
        """Those that are there."""
        digests = dict.fromkeys(subject(each).digest for each in addresses)

        async def do(register: Register) -> list[Done]:
            found = await register.entries(digests.keys())
            refused = await register.remove(found)
            return [
                _done(digest, "removed" if digest in found else "not there", refused.get(digest))
                for digest in digests
            ]

        return await self._asked(do)

    async def check(self, address: str) -> Checked:
        """Whether an entry counts now."""
        digest = subject(address).digest

        async def ask(register: Register) -> Checked:
            found = (await register.entries({digest})).get(digest)
            it = None if found is None or found.suppression.is_over(epoch_ms()) else found
            return Checked(
                digest=digest.hex(),
                suppressed=it is not None,
                entry=None if it is None else _entry(digest.hex(), it.suppression),
            )

        return await self._asked(ask)

    async def _asked(self, use: Callable[[Register], Awaitable[T]]) -> T:
        topic = self._settings.email_suppressions_topic
        if topic is None:
            raise Problem(503, "EMAIL_SUPPRESSIONS_TOPIC is empty: there are no suppressions")
        config = configs.kafka_config(self._settings)

        async def ask() -> T:
            async with Admin(config) as admin:
                found = await admin.topics([topic])
            if topic not in found:
                raise Problem(503, f"topic {topic} does not exist (EMAIL_SUPPRESSIONS_TOPIC)")
            return await use(Register(config, topic, found[topic].partitions, answer_s=ANSWER_S))

        try:
            return await self._aside.run(ask, ANSWER_S)
        except (MailerError, OSError, TimeoutError, KafkaError) as error:
            raise problem_of(error) from None


def _entry(digest: str, it: Suppression) -> Entry:
    return Entry.model_validate({"digest": digest, **it.fields()})


def _done(digest: bytes, result: str, refused: Exception | None) -> Done:
    if refused is None:
        return Done(digest=digest.hex(), result=result)
    return Done(digest=digest.hex(), result="refused", refused=str(refused))
