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
            if kind in _PLAIN or name in _NOT_ADDRESSES:
                continue
            if kind is not str:
                event[name] = self._clean(value, _DEPTH)
            elif "@" in value or "%40" in value:
                event[name] = self._view.scrub(value)
        return event

    def _clean(self, value: Any, depth: int) -> object:
        if type(value) in _PLAIN:
            return value
        if isinstance(value, str):
            return self._view.scrub(value)
        if depth and isinstance(value, dict):
            return {
                self._view.scrub(str(name)): self._view.show(inner)
                if name == "address" and type(inner) is str
                else self._clean(inner, depth - 1)
                for name, inner in value.items()
            }
        if depth and isinstance(value, list | tuple):
            return [self._clean(inner, depth - 1) for inner in value]
        return self._view.scrub(repr(value))
