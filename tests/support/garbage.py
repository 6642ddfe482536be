"""What a test leaves behind, found at its end and not in some later test."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def collected() -> Iterator[None]:
    """Collect what became garbage within; a test that ends by an exception needs no more.

    What was there before is not looked through: with all that a test run has imported that takes
    80 ms, for each of thousands of tests.
    """
    gc.freeze()
    try:
        yield
        gc.collect()
    finally:
        gc.unfreeze()
