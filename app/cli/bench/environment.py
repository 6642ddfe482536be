"""The service's environment in a run: the user's settings, but for what must be the run's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import app
from app.cli.bench.mails import SENDER
from app.cli.bench.scratch import RETRY_DELAY
from app.settings import Source, options

if TYPE_CHECKING:
    from app.cli.bench.order import Order
    from app.cli.bench.scratch import Scratch
    from app.settings import Loaded

HOST: Final = "127.0.0.1"
SHUTDOWN_S: Final = 5
# What is shared with others, or would tell them of mail that nobody wrote.
_NEVER: Final = frozenset(
    {
        "kafka_instance_id",
        "ignore_checkpoint",
        "ops_token",
        "ops_public",
        "ops_tracing",
        "state_url",
    }
)
# What belongs to a relay, and keeps mail from it.
_OF_RELAYS: Final = frozenset(
    {
        *("smtp_relays", "smtp_user", "smtp_password", "smtp_token_file", "smtp_auth"),
        *("smtp_ca_file", "smtp_cert_file", "smtp_key_file", "smtp_security"),
        *("email_dry_run", "email_redirect_to", "email_allow_domains"),
    }
)
_OF_KAFKA: Final = ("kafka_security_", "kafka_sasl_", "kafka_ssl_")


class SinkAt(NamedTuple):
    """Its port, and the file by which it is verified where it speaks TLS."""

    port: int
    trusted: Path | None = None


def service_environment(
    loaded: Loaded,
    order: Order,
    scratch: Scratch,
    *,
    brokers: str | None,
    sink: SinkAt | None,
    ops_port: int,
) -> dict[str, str]:
    """Of this process, with settings that are complete: the service reads no file for them.

    `brokers` are those of an embedded broker; None, as for `sink`, for what the settings name.
    """
    ours = {name for each in options() for name in (each.variable, each.file_variable)}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    packages = [str(Path(app.__file__).parents[1]), kept.get("PYTHONPATH", "")]
    return (
        kept
        | {"PYTHONPATH": os.pathsep.join(filter(None, packages)), "PYTHONUNBUFFERED": "1"}
        | _given(loaded, order)
        | _own(loaded, scratch, ops_port)
        | ({"KAFKA_BROKERS": brokers} if brokers else {})
        | (_to_sink(loaded, sink) if sink else {})
    )


def _given(loaded: Loaded, order: Order) -> dict[str, str]:
    """What the user set, by variable; defaults and profiles are found again."""
    left_out = set(_NEVER)
    if not order.to_relay:
        left_out |= _OF_RELAYS
    if order.document is None:
        left_out.add("email_templates")  # which may lack the one that is sent, or have it otherwise
    if order.embedded:
        left_out |= {each.field for each in options() if each.field.startswith(_OF_KAFKA)}
    return {
        each.variable: loaded.given[each.field].text
        for each in options()
        if each.field in loaded.given
        and each.field not in left_out
        and loaded.given[each.field].source is not Source.PROFILE
    }


def _own(loaded: Loaded, scratch: Scratch, ops_port: int) -> dict[str, str]:
    return {
        "KAFKA_TOPIC": scratch.queue,
        "KAFKA_GROUP_ID": scratch.groups[0],
        "KAFKA_START": "earliest",
        "KAFKA_CREATE_TOPICS": "true",
        "RETRY_DELAYS": RETRY_DELAY,
        "EMAIL_DLQ_TOPIC": scratch.dead_letters,
        "EMAIL_RESULTS_TOPIC": scratch.results or "",
        "EMAIL_SUPPRESSIONS_TOPIC": scratch.suppressions or "",
        "EMAIL_FROM": loaded.settings.email_from or SENDER,
        "SHUTDOWN_TIMEOUT": f"{SHUTDOWN_S}s",
        "OPS_HOST": HOST,
        "OPS_PORT": str(ops_port),
        # As in production, and what the figures are read from.
        "LOG_LEVEL": "info",
        "LOG_FORMAT": "json",
    }


def _to_sink(loaded: Loaded, sink: SinkAt) -> dict[str, str]:
    secured = {"SMTP_SECURITY": "starttls", "SMTP_CA_FILE": str(sink.trusted)}
    return {
        "SMTP_HOST": "localhost" if sink.trusted else HOST,
        "SMTP_PORT": str(sink.port),
        # A name server may take its time to tell our own name.
        "SMTP_HELO_NAME": loaded.settings.smtp_helo_name or "bench.example.com",
        **(secured if sink.trusted else {"SMTP_SECURITY": "none"}),
    }
