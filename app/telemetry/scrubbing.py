"""The last step before a line is written: no address leaves whole unless the policy says so."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from app.domain.outcome import ErrorKind, Status

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from app.telemetry.addresses import AddressView

_NOT_ADDRESSES: Final = frozenset({"message_id", "relay_id"})
"""Ids that merely look like addresses."""

_PLAIN: Final = frozenset({NoneType, bool, int, float, Status, ErrorKind})
_SEQUENCES: Final = frozenset({list, tuple})
_CONTAINERS: Final = frozenset({list, tuple, dict})
_DEPTH: Final = 8


class Scrubber:
    """A structlog processor: shows addresses by an `AddressView`, in values at any depth.

    What is not a JSON type becomes its `repr`, so that nothing escapes inside of it.
    """

    def __init__(self, view: AddressView) -> None:
        self._view = view

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        # On the path of every line, and most values are plain or text without an address.
        for name, value in event.items():
            kind = type(value)
            if kind is str:
                if ("@" in value or "%40" in value) and name not in _NOT_ADDRESSES:
                    event[name] = self._view.scrub(value)
            elif kind not in _PLAIN and (value or kind not in _CONTAINERS):
                event[name] = self._clean(value, _DEPTH)
        return event

    def _clean(self, value: Any, depth: int) -> object:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if kind is str:
            return self._view.scrub(value)
        if depth and kind is dict:
            return {
                _bare(name) or self._view.scrub(str(name)): inner
                if type(inner) in _PLAIN
                else self._named(name, inner, depth - 1)
                for name, inner in value.items()
            }
        if depth and kind in _SEQUENCES:
            return [self._clean(inner, depth - 1) for inner in value]
        return self._view.scrub(str(value) if isinstance(value, str) else repr(value))

    def _named(self, name: object, value: Any, depth: int) -> object:
        if name == "address" and isinstance(value, str):
            return self._view.show(value)
        return self._clean(value, depth)


def _bare(name: object) -> str | None:
    """The name itself where no address can be in it."""
    return name if type(name) is str and "@" not in name and "%40" not in name else None
