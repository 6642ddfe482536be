"""The calls about addresses that get no mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from app.domain.subject import subject
from app.domain.suppression import Source
from app.ops.access import Need
from app.ops.audit import audit
from app.ops.operation import Call, Operation, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

_PATH = "/admin/suppressions"
_MOST = 500
_Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _known(text: str) -> str:
    subject(text)
    return text


Address = Annotated[str, StringConstraints(min_length=3, max_length=320), AfterValidator(_known)]
"""An address, or the digest that stands for one."""


class Entry(BaseModel):
    """One entry: no mail goes to the address of this digest. `until` null is for ever."""

    digest: str
    source: Source
    reason: str
    since: str
    until: str | None
    code: str | None = None
    mail_id: str | None = None


class EntryPage(BaseModel):
    """In the order of digests. `next` gives the page after."""

    entries: list[Entry]
    matching: int
    next: str | None


class Done(BaseModel):
    """What became of one address; `refused` says why not, if so."""

    digest: str
    result: str
    refused: str | None = None


class AllDone(BaseModel):
    addresses: list[Done]


class Checked(BaseModel):
    """`entry` is none where mail may go."""

    digest: str
    suppressed: bool
    entry: Entry | None


class ListingEntries(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: Literal["bounce", "manual"] | None = Field(None, description="Only those made so.")
    expired: bool = Field(default=False, description="Those whose time is over, instead.")
    limit: int = Field(100, ge=1, le=1_000)
    after: _Digest | None = Field(None, description="`next` of the page before.")


class Addresses(BaseModel):
    model_config = ConfigDict(extra="forbid")

    addresses: list[Address] = Field(min_length=1, max_length=_MOST)


class NewEntries(Addresses):
    reason: str = Field("", max_length=200)
    until: AwareDatetime | None = Field(None, description="For ever, if absent.")


class OneAddress(BaseModel):
    model_config = ConfigDict(extra="forbid")

    address: Address


class SuppressionsDesk(Protocol):
    """Whoever reads and writes the topic; `Problem` while Kafka is away, or there is no topic."""

    async def page(self, wanted: ListingEntries) -> EntryPage: ...

    async def add(self, wanted: NewEntries) -> list[Done]: ...

    async def remove(self, addresses: Sequence[str]) -> list[Done]: ...

    async def check(self, address: str) -> Checked: ...


def suppressions(desk: SuppressionsDesk) -> list[Operation]:
    """`/admin/suppressions`; addresses travel in bodies, for paths end up in others' logs."""

    async def show(call: Call) -> Reply:
        return Reply(await desk.page(call.query))

    async def add(call: Call) -> Reply:
        done = await desk.add(call.body)
        audit(call, "suppressions_add", digests=[each.digest for each in done])
        return Reply(AllDone(addresses=done))

    async def remove(call: Call) -> Reply:
        done = await desk.remove(call.body.addresses)
        audit(call, "suppressions_remove", digests=[each.digest for each in done])
        return Reply(AllDone(addresses=done))

    async def check(call: Call) -> Reply:
        return Reply(await desk.check(call.body.address))

    return [
        Operation(
            method="GET",
            path=_PATH,
            name="list_suppressions",
            about="Addresses that get no mail, as digests.",
            handle=show,
            answers={200: EntryPage},
            need=Need.TOKEN_UNLESS_PUBLIC,
            query=ListingEntries,
            problems=(503,),
        ),
        Operation(
            method="POST",
            path=_PATH,
            name="add_suppressions",
            about="Let no mail go to these addresses.",
            handle=add,
            answers={200: AllDone},
            need=Need.TOKEN,
            body=NewEntries,
            problems=(503,),
        ),
        Operation(
            method="POST",
            path=f"{_PATH}/remove",
            name="remove_suppressions",
            about="Let mail go to these addresses again.",
            handle=remove,
            answers={200: AllDone},
            need=Need.TOKEN,
            body=Addresses,
            problems=(503,),
        ),
        Operation(
            method="POST",
            path=f"{_PATH}/check",
            name="check_suppression",
            about="Whether mail to this address is withheld, and why.",
            handle=check,
            answers={200: Checked},
            need=Need.TOKEN,
            body=OneAddress,
            problems=(503,),
        ),
    ]
