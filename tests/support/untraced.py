"""Measuring in a process that coverage watches."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def untraced() -> Iterator[None]:
    """Nothing is traced in this thread, and in those that begin meanwhile.

    Coverage's tracer takes several times as long as the code that it follows.
    """
    own, others = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(own)
        threading.settrace(others)


@contextmanager
def takes_at_most(seconds: float) -> Iterator[None]:
    """Fails where more of the processor's time is taken, whatever else the machine does."""
    with untraced():
        began = time.process_time()
        yield
        took = time.process_time() - began
    assert took < seconds, f"{took:.3f} s"
