"""Whether a relay that offers CHUNKING (RFC 3030) does it."""

from __future__ import annotations

import logging
from typing import Final

_log = logging.getLogger(__name__)

_MOST_LOSSES: Final = 2
"""Connections in a row that may end at BDAT before one message has passed that way."""


class Chunking:
    """What a relay's connections have learnt; there is one for each relay."""

    def __init__(self, relay: str) -> None:
        self._relay = relay
        self._losses = 0
        self.trusted = True
        self.proven = False

    def worked(self) -> None:
        """A message was taken by BDAT."""
        self.proven = True

    def broken(self) -> None:
        """The relay does not understand BDAT; other mail goes by DATA from now on."""
        if self.trusted:
            self.trusted = False
            _log.warning(
                "relay %s offers CHUNKING but does not follow BDAT; mail goes there by DATA",
                self._relay,
            )

    def lost(self) -> None:
        """The connection ended before the answer to BDAT, which may be chance, or its manner."""
        if not self.proven:
            self._losses += 1
            if self._losses >= _MOST_LOSSES:
                self.broken()
