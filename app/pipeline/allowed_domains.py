"""For staging: mail to some domains only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.domain_lists import is_among
from app.domain.outcome import ErrorKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.domain.job import MailJob


class AllowedDomains:
    """`app.domain.screen.Screen`: refuses recipients elsewhere, each by itself.

    The kind is `policy`: dead, so that the message can be sent again once the setting is mended.
    """

    def __init__(self, domains: Collection[str]) -> None:
        self._domains = domains

    async def withhold(self, job: MailJob) -> Mapping[str, Verdict]:
        return {
            recipient.spec: Verdict(
                recipient.spec,
                ErrorKind.POLICY,
                permanent=True,
                detail=f"{recipient.domain} is not among EMAIL_ALLOW_DOMAINS",
            )
            for recipient in job.recipients
            if not is_among(recipient.domain, self._domains)
        }

    async def judged(self, job: MailJob, verdicts: Sequence[Verdict]) -> None:
        """Nothing is remembered."""
