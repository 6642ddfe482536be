"""The service of a run: what `kafka-mailer run` runs, with settings from the environment alone.

Started by `bench` as a process of its own; it ends when its standard input does, so that it does
not outlive a `bench` that was killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from app.bootstrap.running import serve
from app.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable


def _end_with_input(end: Callable[[], object]) -> None:
    while os.read(0, 1024):
        pass
    end()


def main() -> int:
    """The exit code."""

    def end() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=_end_with_input, args=(end,), daemon=True).start()
    return serve(load(env_file=None, secrets_folder=None), {})


if __name__ == "__main__":
    sys.exit(main())
