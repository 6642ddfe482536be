"""For staging: mail to some domains only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.outcome import ErrorKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.job import MailJob


class AllowedDomains:
    """`app.domain.screen.Screen`: refuses recipients elsewhere, each by itself.

    `domains` are lower-case A-labels; `*.example.com` stands for what is below `example.com`. The
    kind is `policy`: dead, so that the message can be sent again once the setting is mended.
    """

    def __init__(self, domains: Iterable[str]) -> None:
        domains = frozenset(domains)
        self._exact = frozenset(each for each in domains if not each.startswith("*."))
        self._below = tuple(each[1:] for each in domains if each.startswith("*."))

    async def withhold(self, job: MailJob) -> Mapping[str, Verdict]:
        return {
            recipient.spec: Verdict(
                recipient.spec,
                ErrorKind.POLICY,
                permanent=True,
                detail=f"{recipient.domain} is not among EMAIL_ALLOW_DOMAINS",
            )
            for recipient in job.recipients
            if not self._allows(recipient.domain)
        }

    async def judged(self, job: MailJob, verdicts: Sequence[Verdict]) -> None:
        """Nothing is remembered."""
        del job, verdicts

    def _allows(self, domain: str) -> bool:
        return domain in self._exact or domain.endswith(self._below)
