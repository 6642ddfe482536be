"""What became of many submissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from app.pool.ticket import Ticket

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")


class Refusal(NamedTuple, Generic[JobT]):
    """A job of `submit_many` that was not accepted, and why."""

    job: JobT
    error: Exception


class SubmitReport(NamedTuple, Generic[JobT, ResultT]):
    """What `submit_many` did, each part in the order of the jobs."""

    accepted: tuple[Ticket[ResultT], ...]
    refused: tuple[Refusal[JobT], ...]
