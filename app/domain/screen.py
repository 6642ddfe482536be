"""Who must not get a message, or not again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.job import Hop, MailJob
    from app.domain.outcome import Verdict


class Screen(Protocol):
    """Asked by the worker right before a message is composed, and told what the relay said.

    Neither call raises: a screen that cannot tell lets mail flow, and says so elsewhere.
    """

    async def withhold(self, job: MailJob) -> Mapping[str, Verdict] | Hop:
        """Verdicts on those of the job's recipients who must not get it, by address.

        A `Hop` instead where it cannot be told yet: the whole message waits.
        """
        ...

    async def judged(self, job: MailJob, verdicts: Sequence[Verdict]) -> None:
        """What became of those recipients that were tried; at once after the relay's reply."""
        ...
