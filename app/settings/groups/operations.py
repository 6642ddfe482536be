"""The process as an operator meets it: its end, its HTTP, its log."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from app.settings.compounds import Host
from app.settings.kinds import Choice, Duration, Port, Secret, Switch
from app.settings.option import Group, setting

Level = Literal["debug", "info", "warning", "error"]


class OperationsSettings(BaseModel):
    model_config = ConfigDict(defer_build=True)

    shutdown_timeout: Annotated[float, Duration()] = setting(
        Group.LIFE, "30s", "How long running mails may take to end after SIGTERM."
    )

    ops_host: Annotated[str, Host()] = setting(
        Group.OPS,
        "0.0.0.0",  # noqa: S104  # a container's health is asked from outside
        "Address that health and administration are served on.",
    )
    ops_port: Annotated[int, Port(at_least=0)] = setting(
        Group.OPS, "8081", "Its port; 0 takes a free one.", flag="--port"
    )
    ops_token: Annotated[SecretStr | None, Secret()] = setting(
        Group.OPS,
        None,
        "Token that administration over HTTP asks for.",
        default_means="administration is off",
    )
    ops_public: Annotated[bool, Switch()] = setting(
        Group.OPS, "false", "Let everybody read what mails are about, without the token."
    )
    ops_tracing: Annotated[bool, Switch()] = setting(
        Group.OPS,
        "false",
        "Send a trace of each message to an OpenTelemetry collector; where to is in the "
        "environment's OTEL_EXPORTER_OTLP_ENDPOINT.",
    )

    log_level: Annotated[Level, Choice(("debug", "info", "warning", "error"))] = setting(
        Group.LOG, "info", "Least important events to log."
    )
    log_format: Annotated[
        Literal["auto", "console", "json"], Choice(("auto", "console", "json"))
    ] = setting(Group.LOG, "auto", "auto is console on a terminal, else json.")
    log_addresses: Annotated[
        Literal["masked", "hashed", "full"], Choice(("masked", "hashed", "full"))
    ] = setting(Group.LOG, "masked", "How mail addresses appear in the log.")
