"""Which relays may serve a message, and in which order they are asked: pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from app.relay.config import RelayConfig


class Ask(NamedTuple):
    """What of a message restricts the choice; the domain in lower case."""

    type: str | None
    sender_domain: str | None


class Choice:
    """Relays by name: first those that name the message's type or sender, then the lowest priority.

    Who names both comes before who names one; who names neither serves all, last. On one level
    weights share (smooth weighted round robin: a heavy relay's turns are spread, by no chance).
    """

    def __init__(self, configs: Sequence[RelayConfig]) -> None:
        self._configs = tuple(configs)
        self._weights = {each.name: each.weight for each in configs}
        self._credit = dict.fromkeys(self._weights, 0)
        self._open = self._sorted(each for each in configs if not _restrictions(each))
        self._restricting = any(_restrictions(each) for each in configs)

    def levels(self, ask: Ask) -> tuple[tuple[str, ...], ...]:
        """Names, best level first; empty where no relay may serve such a message."""
        if not self._restricting:
            return self._open
        return self._sorted(each for each in self._configs if _serves(each, ask))

    def pick(self, among: Collection[str]) -> str:
        """One of these names, whose turn it is."""
        if len(among) == 1:
            return next(iter(among))
        credit = self._credit
        for name in among:
            credit[name] += self._weights[name]
        chosen = max(among, key=credit.__getitem__)
        credit[chosen] -= sum(self._weights[name] for name in among)
        return chosen

    @staticmethod
    def _sorted(configs: Iterable[RelayConfig]) -> tuple[tuple[str, ...], ...]:
        ordered = sorted(configs, key=_rank)
        return tuple(tuple(each.name for each in level) for _, level in groupby(ordered, key=_rank))


def _restrictions(config: RelayConfig) -> int:
    return bool(config.types) + bool(config.senders)


def _rank(config: RelayConfig) -> tuple[int, int]:
    return -_restrictions(config), config.priority


def _serves(config: RelayConfig, ask: Ask) -> bool:
    return (not config.types or ask.type in config.types) and (
        not config.senders or ask.sender_domain in config.senders
    )
