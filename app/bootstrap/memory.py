"""How much memory mails may take, where the container allows less than the default wants."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.settings import Settings

log = logging.getLogger(__name__)

MIB: Final = 1 << 20
# What the service takes without any mail (66 MiB, measured) and some more; and how often a mail is
# there at once: as record, as parsed message, as composed one. An estimate, with which large mails
# go through a container of 128 MiB (tests/containers/test_service.py).
BASE: Final = 72 * MIB
TIMES: Final = 3

# What has left the pool and waits for Kafka may take this part of the mails' room besides.
WRITERS_SHARE = 4
# Of the buffer this part may wait for what others need not wait for.
WAITING_SHARE = 2
# Such a part of it is free before more is read.
READ_SHARE = 4


def room_for_mail(settings: Settings, limit: int | None = None) -> int:
    """Bytes for the mails inside: `EMAIL_MAX_MEMORY`, or what fits where its default does not.

    `limit` is the memory that the process may take; read from the kernel when None. What somebody
    set stays, and the log warns where it is more than fits.
    """
    wanted = settings.email_max_memory
    limit = memory_limit() if limit is None else limit
    if limit is None:
        return wanted
    fits = most_that_fits(settings, limit)
    if wanted <= fits:
        return wanted
    here = f"{limit // MIB} MiB of memory are allowed here"
    if "email_max_memory" in settings.model_fields_set:
        log.warning(
            "EMAIL_MAX_MEMORY is %d MiB, but %s: the kernel may end the service under load; "
            "%d MiB fit",
            wanted // MIB,
            here,
            fits // MIB,
        )
        return wanted
    log.info("mails may take %d MiB, as %s (EMAIL_MAX_MEMORY sets it)", fits // MIB, here)
    return fits


def most_that_fits(settings: Settings, limit: int) -> int:
    """Bytes for the mails inside of a process that may take `limit`."""
    return max((limit - BASE) // TIMES, settings.email_max_bytes)


def memory_limit(root: Path = Path("/")) -> int | None:
    """What this process's control groups (version 2 or 1) allow, in bytes; None without a limit.

    In a container its own group is mounted as the root of all.
    """
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    limits = []
    for line in groups:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            mounted, file = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            mounted, file = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        own = mounted / path.lstrip("/")
        above = [folder for folder in own.parents if folder.is_relative_to(mounted)]
        limits += [_limit(folder / file) for folder in (own, *above)]
    return min((each for each in limits if each is not None), default=None)


# Version 1 says "none" by the largest number of whole pages.
_NONE: Final = 1 << 60


def _limit(file: Path) -> int | None:
    try:
        limit = int(file.read_text())
    except (OSError, ValueError):
        return None  # not there, or "max"
    return limit if limit < _NONE else None
