"""The mails of a run: all alike, each with an id and a recipient of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from app.domain.record import Outgoing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SENDER: Final = "Bench <bench@example.com>"
# About a kilobyte when it is composed: two parts from a built-in template.
OWN: Final[Mapping[str, Any]] = {
    "subject": "kafka-mailer bench: a mail to measure with",
    "template": "password-reset",
    "data": {
        "name": "Ann",
        "link": "https://accounts.example.com/reset?token=1f3c9a7e5b2d4c6f8a0e1f3c9a7e5b2d",
    },
}


class Mails:
    """Makes records for `topic`, dealt over its partitions."""

    def __init__(
        self,
        topic: str,
        partitions: int,
        document: Mapping[str, Any],
        recipients: Sequence[str],
    ) -> None:
        self._topic = topic
        self._partitions = partitions
        self._document = dict(document)
        self._recipients = recipients
        self.made = 0

    def next(self) -> tuple[str, Outgoing]:
        """The next one, and its id."""
        number = self.made
        self.made += 1
        mail_id = f"bench-{number:07d}"
        to = (
            self._recipients[number % len(self._recipients)]
            if self._recipients
            else f"user{number:07d}@example.net"
        )
        value = orjson.dumps({**self._document, "id": mail_id, "to": to})
        return mail_id, Outgoing(self._topic, number % self._partitions, None, value)

    def several(self, count: int) -> list[Outgoing]:
        return [self.next()[1] for _ in range(count)]
