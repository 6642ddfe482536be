"""The service that nobody watches: no metrics, no health, no HTTP. It is for comparison alone.

As `python -m app`; what counts, asks and serves is put out of place before it starts.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from app.__main__ import main
from app.bootstrap import running, service
from app.telemetry import Metrics

if TYPE_CHECKING:
    from app.settings import Loaded, Settings
    from app.telemetry.metrics import Definition


class _Nobody:
    """Takes what is told, and keeps nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def of(self, *_: str) -> _Nobody:
        return self

    def add(self, *_: object) -> None:
        pass

    def observe(self, *_: object) -> None:
        pass


class _NoMetrics(Metrics):
    @override
    def counter(self, definition: Definition) -> Any:
        return _Nobody()

    @override
    def histogram(self, definition: Definition) -> Any:
        return _Nobody()


class _NoRelayMetrics(_Nobody):
    def of(self, *_: str) -> None:  # type: ignore[override]  # nobody looks at what it gives
        pass


class _NoOperations:
    def __init__(self, loaded: Loaded, *_: object) -> None:
        self.settings: Settings = loaded.settings

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def reread(self) -> None:
        pass


async def _waiting(*_: object) -> None:
    await asyncio.Event().wait()


PATCHES = {
    service: {
        "Metrics": _NoMetrics,
        "PoolEvents": lambda *_: None,
        "RelayMetrics": _NoRelayMetrics,
        "Hearing": _Nobody,
        "probe_brokers": _waiting,
        "watch_loop": _waiting,
    },
    running: {"Operations": _NoOperations},
}

if __name__ == "__main__":
    for module, parts in PATCHES.items():
        for name, part in parts.items():
            if not hasattr(module, name):
                raise SystemExit(f"{module.__name__} has no {name} any more: mend this comparison")
            setattr(module, name, part)
    main()
