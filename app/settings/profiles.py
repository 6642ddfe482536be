"""Profiles: other defaults for the workers, as text like every default."""

from __future__ import annotations

from typing import Final

PROFILES: Final[dict[str, dict[str, str]]] = {
    "default": {},
    "high-throughput": {
        "email_worker_count": "5",
        "email_worker_buffer": "1000",
        "email_workers_min": "5",
        "email_workers_max": "50",
    },
    "constrained": {
        "email_worker_count": "1",
        "email_worker_buffer": "50",
        "email_workers_min": "1",
        "email_workers_max": "5",
    },
}
