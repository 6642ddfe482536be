"""How much is sent and held at once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict

from app.settings.kinds import Choice, Duration, Size, Whole
from app.settings.option import Group, setting


class WorkerSettings(BaseModel):
    model_config = ConfigDict(defer_build=True)

    email_profile: Annotated[
        Literal["default", "high-throughput", "constrained"],
        Choice(("default", "high-throughput", "constrained")),
    ] = setting(
        Group.WORKERS,
        "default",
        "Other defaults for workers and buffer: high-throughput is 5 to 50 workers and a buffer "
        "of 1000, constrained 1 to 5 and 50.",
        flag="--profile",
    )
    email_worker_count: Annotated[int, Whole(1, 10_000)] = setting(
        Group.WORKERS, "10", "Mails being sent at once.", flag="--workers"
    )
    email_worker_buffer: Annotated[int, Whole(0, 1_000_000)] = setting(
        Group.WORKERS, "100", "Messages held ready for the workers.", flag="--buffer"
    )
    email_workers_min: Annotated[int | None, Whole(1, 10_000)] = setting(
        Group.WORKERS,
        None,
        "Fewest workers; apart from the most, workers scale with the load.",
        default_means="the worker count",
    )
    email_workers_max: Annotated[int | None, Whole(1, 10_000)] = setting(
        Group.WORKERS, None, "Most workers.", default_means="the worker count"
    )
    email_max_memory: Annotated[int, Size(at_least=1024)] = setting(
        Group.WORKERS,
        "256MiB",
        "Bytes of all messages held at once; unset it is less where a container has little memory.",
    )
    email_max_bytes: Annotated[int, Size(at_least=1024)] = setting(
        Group.WORKERS, "10MiB", "Largest message; a larger one goes to the dead letters."
    )
    email_job_timeout: Annotated[float, Duration()] = setting(
        Group.WORKERS, "60s", "How long one attempt may take until the mail's last byte is sent."
    )
