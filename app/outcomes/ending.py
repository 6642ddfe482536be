"""How a job ended, brought to one verdict for each of its recipients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.errors import InvalidMessage
from app.domain.lean import lean
from app.domain.outcome import Attempt, ErrorKind, Verdict, Withheld
from app.domain.smtp import RelayUnavailable
from app.outcomes.decision import Unsent
from app.outcomes.stated_delay import LONGEST_S
from app.telemetry.tracebacks import place_of

if TYPE_CHECKING:
    from app.domain.job import MailJob


@lean
@dataclass(frozen=True, slots=True)
class Ending:
    """`verdicts` has exactly the job's recipients, in their order.

    `made`: an attempt was made, successful or not; trouble before MAIL and refusals of ours are
    none. `error` is set when our own code failed.
    """

    verdicts: tuple[Verdict, ...]
    made: bool
    attempt: Attempt | None = None
    error: BaseException | None = None


_UNSENT: Final = {
    Unsent.TIMED_OUT: (ErrorKind.CONNECTION, "cut off by the job time-out before the last octet"),
    Unsent.EXPIRED: (ErrorKind.EXPIRED, "expired before it could be sent"),
}


def ending_of(job: MailJob, ended: Attempt | Withheld | BaseException | Unsent) -> Ending:
    match ended:
        case Attempt():
            return Ending(_matched(job, ended.verdicts), made=True, attempt=ended)
        case Withheld():
            return Ending(_matched(job, ended.verdicts), made=False)
        case Unsent():
            kind, detail = _UNSENT[ended]
            return Ending(_all(job, kind, detail), made=ended is Unsent.TIMED_OUT)
        case InvalidMessage():
            return Ending(
                _all(job, ErrorKind.INVALID_MESSAGE, str(ended), permanent=True), made=False
            )
        case RelayUnavailable():
            kind = ErrorKind.RELAY_AUTH if ended.auth else ErrorKind.CONNECTION
            wait = min(max(ended.retry_in, 0.0), LONGEST_S)
            return Ending(_all(job, kind, ended.detail, delay_s=wait), made=False)
        case _:
            # Its words may quote the message.
            detail = f"our own code failed: {place_of(ended)}"
            return Ending(_all(job, ErrorKind.BUG, detail), made=True, error=ended)


def _matched(job: MailJob, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    if len(verdicts) == 1 == len(job.recipients) and verdicts[0].address == job.recipients[0].spec:
        return verdicts
    given = {verdict.address: verdict for verdict in verdicts}
    return tuple(
        given.get(recipient.spec)
        or Verdict(recipient.spec, ErrorKind.BUG, detail="the attempt gave no verdict on it")
        for recipient in job.recipients
    )


def _all(
    job: MailJob,
    kind: ErrorKind,
    detail: str,
    *,
    permanent: bool = False,
    delay_s: float | None = None,
) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(recipient.spec, kind, permanent=permanent, detail=detail, delay_s=delay_s)
        for recipient in job.recipients
    )
