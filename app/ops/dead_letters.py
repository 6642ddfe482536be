"""The calls about dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.ops.access import Need
from app.ops.audit import audit
from app.ops.operation import Call, Operation, Reply
from app.ops.selecting import Selecting
from app.ops.work import Work
from app.outcomes.dead_letters import Place

if TYPE_CHECKING:
    from app.ops.previews import Previews
    from app.outcomes.dead_letters import Selection

_PATH: Final = "/admin/dlq"
PlaceText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}/[0-9]{1,18}$")]
CursorText = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,15}/[0-9]{1,9}/[0-9]{1,18}$")]


class LetterFields(BaseModel):
    """One dead letter; addresses are whole."""

    partition: int
    offset: int
    id: str
    type: str | None
    error_kind: str | None
    error_code: str | None
    error_text: str | None
    failed_at: str | None
    attempts: int | None
    first_seen: str | None
    origin: str | None
    recipients: list[str]
    notes: list[str]
    replayed: bool
    replayed_at: str | None


class LetterPage(BaseModel):
    """The newest first. `matching` is how many there are in all; `next` gives the page after."""

    letters: list[LetterFields]
    matching: int
    next: str | None


class HeaderField(BaseModel):
    name: str
    value: str


class Mail(BaseModel):
    """The mail as it would be sent."""

    subject: str | None
    text: str | None
    html: str | None
    recipients: list[str]
    attachments: list[str]


class WholeLetter(LetterFields):
    """`message` is the record's value, long texts shortened; `problem` why there is no mail."""

    headers: list[HeaderField]
    message: Any
    mail: Mail | None
    problem: str | None
    preview: str | None = Field(
        None, description="Where the mail's HTML is a page by itself, for five minutes."
    )


class Listing(Selecting):
    """Which letters, and how many at once."""

    limit: int = Field(50, ge=1, le=500)
    before: CursorText | None = Field(None, description="`next` of the page before.")


class Replaying(Selecting):
    """Which letters: exactly one of `places`, `all`, and the ways of selecting."""

    model_config = ConfigDict(extra="forbid")

    places: list[PlaceText] = Field(
        default_factory=list, max_length=1_000, description="As `partition/offset`."
    )
    all: bool = Field(default=False, description="All that were not replayed before.")
    again: bool = Field(default=False, description="Also those that were replayed before.")
    rate: float | None = Field(
        None, gt=0, le=100_000, description="Letters a second at most.", allow_inf_nan=False
    )
    dry_run: bool = Field(default=False, description="Say what would become of them; no more.")

    @model_validator(mode="after")
    def _one_way(self) -> Replaying:
        if [bool(self.places), self.all, self.is_selective].count(True) != 1:
            raise ValueError("say which letters: places, or all, or by kind, type, id, text, time")
        return self


class LettersDesk(Protocol):
    """Whoever reads dead letters, away from the loop that sends; `Problem` while Kafka is away."""

    async def newest(self, selection: Selection, most: int, before: str | None) -> LetterPage: ...

    async def at(self, place: Place) -> WholeLetter: ...

    async def replay(self, wanted: Replaying) -> Work:
        """Begin it."""
        ...


def dead_letters(desk: LettersDesk, previews: Previews) -> list[Operation]:
    """`/admin/dlq`, one letter of it, and `/admin/dlq/replay`."""

    async def list_letters(call: Call) -> Reply:
        wanted: Listing = call.query
        return Reply(await desk.newest(wanted.selection(), wanted.limit, wanted.before))

    async def show(call: Call) -> Reply:
        letter = await desk.at(Place(call.path["partition"], call.path["offset"]))
        if letter.mail is not None and letter.mail.html is not None:
            letter = letter.model_copy(update={"preview": previews.keep(letter.mail.html)})
        return Reply(letter)

    async def replay(call: Call) -> Reply:
        work = await desk.replay(call.body)
        what = call.body.model_dump(mode="json", exclude_defaults=True)
        audit(call, "dlq_replay", id=work.id, which=what)
        return Reply(work, 202, {"location": f"/admin/operations/{work.id}"})

    return [
        Operation(
            method="GET",
            path=_PATH,
            name="list_dead_letters",
            about="Dead letters, the newest first.",
            handle=list_letters,
            answers={200: LetterPage},
            need=Need.TOKEN_UNLESS_PUBLIC,
            query=Listing,
            problems=(503,),
        ),
        Operation(
            method="GET",
            path=f"{_PATH}/{{partition:int}}/{{offset:int}}",
            name="show_dead_letter",
            about="One dead letter, with the mail that it would be.",
            handle=show,
            answers={200: WholeLetter},
            need=Need.TOKEN_UNLESS_PUBLIC,
            problems=(503,),
        ),
        Operation(
            method="POST",
            path=f"{_PATH}/replay",
            name="replay_dead_letters",
            about="Send dead letters to the queue again, each once. It goes on by itself.",
            handle=replay,
            answers={202: Work},
            need=Need.TOKEN,
            body=Replaying,
            problems=(409, 503),
        ),
    ]
