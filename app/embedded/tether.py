"""What ends a child whose parent is gone before it could end it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tether() -> Callable[[], None] | None:
    """What the child is to do between fork and exec, so that it is killed when its parent dies.

    SIGKILL gives a parent no moment to end its children, so the kernel is asked to (prctl(2)).
    It watches the thread that forks: children are to be started by one that lasts as long as the
    process. None where there is no such thing: there, such a child stays.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return tie
