"""For staging: every mail goes to one address, whoever it was meant for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.message import Address, Message
    from app.domain.outcome import Verdict

ORIGINAL: Final = "X-Original-To"
"""The header that names those whom the mail was meant for, Bcc too."""
_LOWER: Final = ORIGINAL.lower()


class Redirect:
    """Puts one address in the place of a message's recipients, in the envelope and in the headers.

    A reply to all in staging must not reach the real ones either, so they stand in no header that
    a mail program answers to.
    """

    def __init__(self, to: Address) -> None:
        self._to = to

    def instead(
        self, message: Message, recipients: Sequence[Address]
    ) -> tuple[Message, tuple[Address, ...]]:
        """The message to compose, and its recipients: one."""
        headers = {name: value for name, value in message.headers.items() if name.lower() != _LOWER}
        headers[ORIGINAL] = ", ".join(each.spec for each in recipients)
        redirected = replace(message, to=(self._to,), cc=(), bcc=(), headers=headers)
        return redirected, (self._to,)

    def shared(self, verdict: Verdict, recipients: Sequence[Address]) -> tuple[Verdict, ...]:
        """What became of the one mail, for each of these; it says nothing of their addresses."""
        return tuple(replace(verdict, address=each.spec, suppress=False) for each in recipients)
