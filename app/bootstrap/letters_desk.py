"""Dead letters as the ops calls ask for them: read and replayed away from the sending loop."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

from app.bootstrap import configs
from app.bootstrap.templates import new_composer
from app.domain.clock import epoch_ms
from app.domain.errors import Fatal, MailerError
from app.intake.decode import Decoder
from app.intake.glimpse import glimpse
from app.kafka import KafkaError
from app.ops.dead_letters import HeaderField, LetterFields, LetterPage, Mail, WholeLetter
from app.ops.problems import Problem
from app.ops.work import NAMED
from app.outcomes.dead_letters import (
    Age,
    Fate,
    Letters,
    NoSuchLetter,
    Order,
    Place,
    foresee,
    moment,
    newest_letters,
    replay,
    with_value,
)
from app.pipeline.handler import utc_now
from app.pipeline.preview import Previewer

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from app.ops.aside import Aside
    from app.ops.dead_letters import Replaying
    from app.ops.work import Desk, Work
    from app.outcomes.dead_letters import DeadLetter, Handled, Mark, Selection
    from app.pipeline.preview import Preview
    from app.settings import Settings

T = TypeVar("T")

log = logging.getLogger(__name__)

ANSWER_S: Final = 20.0
_LONGEST: Final = 2_000


class ServiceLetters:
    """`app.ops.dead_letters.LettersDesk`; each call opens the topic for itself."""

    def __init__(
        self, settings: Settings, aside: Aside, desk: Desk, scrub: Callable[[str], str]
    ) -> None:
        self._settings = settings
        self._aside = aside
        self._desk = desk
        self._scrub = scrub

    async def newest(self, selection: Selection, most: int, before: str | None) -> LetterPage:
        """A page of those that match."""
        age = None if before is None else Age(*map(int, before.split("/")))

        async def ask(letters: Letters) -> LetterPage:
            found = await newest_letters(letters, selection, most + 1, before=age)
            page = list(reversed(found.found))
            more = len(page) > most
            page = page[:most]
            return LetterPage(
                letters=[LetterFields(**_fields(*each)) for each in page],
                matching=found.matching,
                next="/".join(map(str, Age.of(page[-1].letter))) if more else None,
            )

        return await self._asked(ask)

    async def at(self, place: Place) -> WholeLetter:
        """With the mail that it would be; `Problem` 404 when there is none."""
        previewer = self._previewer()

        async def ask(letters: Letters) -> WholeLetter:
            letter = await letters.at(place)
            mark = (await letters.marks()).of(letter)
            preview = previewer.preview(await with_value(letters, letter))
            return _whole(letter, mark, preview)

        return await self._asked(ask)

    async def replay(self, wanted: Replaying) -> Work:
        """Begin it, one at a time."""
        settings = self._settings
        order = Order(
            to=settings.kafka_topic,
            places=tuple(map(Place.parse, wanted.places)),
            selection=wanted.selection(),
            again=wanted.again,
            rate=wanted.rate,
        )

        def start(work: Work) -> asyncio.Future[None]:
            listener = _Progress(work, self._scrub)

            async def go() -> None:
                async with self._open() as letters:
                    if wanted.dry_run:
                        outlook = self._previewer().outlook
                        await foresee(letters, order, listener, outlook, clock=epoch_ms)
                    else:
                        await replay(
                            letters,
                            order,
                            listener,
                            configs.kafka_config(settings),
                            create_topics=settings.kafka_create_topics,
                            clock=epoch_ms,
                        )

            return self._aside.begin(go)

        return self._desk.begin("dlq replay", start, lambda error: problem_of(error).detail)

    async def _asked(self, use: Callable[[Letters], Awaitable[T]]) -> T:
        async def ask() -> T:
            async with self._open() as letters:
                return await use(letters)

        try:
            return await self._aside.run(ask, ANSWER_S)
        except (MailerError, OSError, TimeoutError, KafkaError) as error:
            raise problem_of(error) from None

    def _open(self) -> Letters:
        return Letters(
            configs.kafka_config(self._settings), self._settings.email_dlq_topic, glimpse
        )

    def _previewer(self) -> Previewer:
        return Previewer(
            Decoder(configs.decoder_config(self._settings)),
            new_composer(self._settings),
            utc_now,
        )


def problem_of(error: Exception) -> Problem:
    """What Kafka or a question failed with, as an answer."""
    match error:
        case NoSuchLetter():
            return Problem(404, str(error))
        case Fatal():
            return Problem(503, str(error))
        case KafkaError() | OSError() | TimeoutError():
            said = str(error) or type(error).__name__
            return Problem(503, f"Kafka does not answer: {said}")
        case _:
            log.error("a question about dead letters failed", exc_info=error)
            return Problem(500, "this is a bug; the log has more")


class _Progress:
    """`app.outcomes.dead_letters.Listener` that keeps the books of some work."""

    def __init__(self, work: Work, scrub: Callable[[str], str]) -> None:
        self._work = work
        self._scrub = scrub

    def handled(self, handled: Handled) -> None:
        counts = self._work.counts
        counts[handled.fate.value] = counts.get(handled.fate.value, 0) + 1
        told = handled.note and handled.fate in {Fate.FAILED, Fate.WOULD}
        if told and len(self._work.failures) < NAMED:
            self._work.failures.append(f"{handled.place}: {self._scrub(handled.note)}")

    def looked(self, done: int, total: int) -> None:
        self._work.looked_at, self._work.of = done, total


def _fields(letter: DeadLetter, mark: Mark | None) -> dict[str, Any]:
    at_ms = None if mark is None else mark.at_ms
    return {
        **letter.fields(),
        "replayed": mark is not None,
        "replayed_at": None if at_ms is None else moment(at_ms),
    }


def _whole(letter: DeadLetter, mark: Mark | None, preview: Preview) -> WholeLetter:
    mail = Mail(
        subject=preview.subject,
        text=preview.text,
        html=preview.html,
        recipients=list(preview.recipients),
        attachments=list(preview.attachments),
    )
    return WholeLetter(
        **_fields(letter, mark),
        headers=[
            HeaderField(name=name, value=(value or b"").decode(errors="backslashreplace"))
            for name, value in letter.record.headers
        ],
        message=_without_bulk(preview.document),
        mail=None if preview.problem else mail,
        problem=preview.problem,
    )


def _without_bulk(value: Any) -> Any:
    """Attachments would make the answer large, and nobody reads them so."""
    if isinstance(value, str):
        rest = len(value) - _LONGEST
        return value if rest <= 0 else f"{value[:_LONGEST]}… ({rest:,} more characters)"
    if isinstance(value, list):
        return [_without_bulk(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_bulk(each) for name, each in value.items()}
    return value
