"""Every setting of the service, in one place.

Flags, `.env.example` and the reference are made from this model. Defaults are written as a user
would write them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from app.domain.message import Address
from app.domain.signing_key import SigningKey
from app.settings.addresses import BounceSender, Domains, Recipient, Sender
from app.settings.compounds import (
    Breaker,
    BreakerValues,
    Brokers,
    DurationPairs,
    Durations,
    Host,
    StartPoint,
)
from app.settings.dkim_keys import DkimKeys
from app.settings.kinds import (
    Choice,
    Duration,
    Fraction,
    Port,
    Secret,
    Size,
    Switch,
    Text,
    Whole,
)
from app.settings.option import Group, setting
from app.settings.paths import ExistingFile, ExistingFolder
from app.settings.rates import DomainRates, Rate
from app.settings.relay_urls import RelayUrls, RelayValues
from app.settings.reply_rules import RulesFile
from app.settings.store_url import StoreUrl

Topic = Text("1 to 249 of A-Z a-z 0-9 . _ -", r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}", "TOPIC")
InstanceId = Text(Topic.what, Topic.pattern, "ID")
GroupId = Text("printable text of at most 200 characters", r".{1,200}", "GROUP")
Name = Text("printable text", None, "NAME")
HeloName = Text("a host name, or an address in brackets", r"[!-~]{1,255}", "NAME")
Level = Literal["debug", "info", "warning", "error"]
File = Annotated[Path | None, ExistingFile()]

YEAR_S = 365 * 86_400
PHASES = ("connect", "greeting", "mail", "rcpt", "data", "block", "dot")


class Settings(BaseSettings):
    """Effective values: times in seconds, sizes in bytes, None where nothing is set.

    Made by `load`, which knows the sources; constructing it reads no source at all.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        hide_input_in_errors=True,
        enable_decoding=False,
        defer_build=True,
    )

    kafka_brokers: Annotated[tuple[str, ...], Brokers()] = setting(
        Group.KAFKA, "localhost:9092", "Brokers to ask first for the cluster."
    )
    kafka_topic: Annotated[str, Topic] = setting(
        Group.KAFKA, "email-queue", "Topic with the messages to send."
    )
    kafka_group_id: Annotated[str, GroupId] = setting(
        Group.KAFKA,
        "messaging-service-group",
        "Consumer group; instances of one group share the work.",
        flag="--kafka-group",
    )
    kafka_commit: Annotated[Literal["submitted", "settled"], Choice(("submitted", "settled"))] = (
        setting(
            Group.KAFKA,
            "submitted",
            "What the committed offset stands for. Nothing is lost either way; take settled where "
            "offsets are exported, mirrored or copied.",
        )
    )
    kafka_start: Annotated[Literal["earliest", "latest"] | float, StartPoint()] = setting(
        Group.KAFKA, "earliest", "Where a group without any offset starts."
    )
    kafka_create_topics: Annotated[bool, Switch()] = setting(
        Group.KAFKA, "true", "Create missing topics at start; otherwise they are an error."
    )
    kafka_start_timeout: Annotated[float, Duration()] = setting(
        Group.KAFKA, "60s", "How long to wait for Kafka at start before giving up (exit code 3)."
    )
    kafka_drain_timeout: Annotated[float, Duration(at_most=600)] = setting(
        Group.KAFKA, "20s", "How long running mails may take to end when partitions move away."
    )
    kafka_instance_id: Annotated[str | None, InstanceId] = setting(
        Group.KAFKA,
        None,
        "Static membership: this process's own name in the group. A restart within 10 s keeps its "
        "partitions without a rebalance.",
        default_means="none, partitions move at each start and stop",
    )
    ignore_checkpoint: Annotated[bool, Switch()] = setting(
        Group.KAFKA,
        "false",
        "Start at the committed offsets when the checkpoint beside them is unreadable. What was "
        "unsettled then may be lost.",
        flag_only=True,
    )

    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Choice(("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")),
    ] = setting(Group.KAFKA_SECURITY, "PLAINTEXT", "How connections to Kafka are protected.")
    kafka_sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"],
        Choice(("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")),
    ] = setting(Group.KAFKA_SECURITY, "PLAIN", "How to log in to Kafka (SASL).")
    kafka_sasl_username: Annotated[str | None, Name] = setting(
        Group.KAFKA_SECURITY, None, "User for SASL."
    )
    kafka_sasl_password: Annotated[SecretStr | None, Secret()] = setting(
        Group.KAFKA_SECURITY, None, "Password for SASL."
    )
    kafka_sasl_token_file: File = setting(
        Group.KAFKA_SECURITY,
        None,
        "File with an OAuth access token for OAUTHBEARER, read again for each connection.",
    )
    kafka_ssl_ca_file: File = setting(
        Group.KAFKA_SECURITY, None, "Authorities to trust (PEM).", default_means="the system's"
    )
    kafka_ssl_cert_file: File = setting(
        Group.KAFKA_SECURITY, None, "Client certificate (PEM), with its key unless that is apart."
    )
    kafka_ssl_key_file: File = setting(
        Group.KAFKA_SECURITY, None, "Key of the client certificate (PEM)."
    )

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

    email_from: Annotated[str | None, Sender()] = setting(
        Group.MAIL,
        None,
        "Sender of messages that name none.",
        default_means="none: a message must name its sender",
    )
    email_envelope_from: Annotated[str | None, BounceSender()] = setting(
        Group.MAIL,
        None,
        "Where bounces go; {id} stands for the message's id, <> for nowhere.",
        default_means="the sender",
    )
    email_templates: Annotated[Path | None, ExistingFolder()] = setting(
        Group.MAIL,
        None,
        "Folder with templates of your own.",
        default_means="the built-in ones only",
    )
    dkim_keys: Annotated[tuple[SigningKey, ...] | None, DkimKeys()] = setting(
        Group.MAIL,
        None,
        "Keys that sign mail from these domains and what is below them (DKIM).",
        default_means="mail is not signed",
    )
    email_ttl: Annotated[dict[str, float] | None, DurationPairs()] = setting(
        Group.MAIL,
        None,
        "How long messages of a type are worth sending, such as password_reset=1h.",
        default_means="for ever",
    )
    email_dlq_topic: Annotated[str, Topic] = setting(
        Group.MAIL, "email-dlq", "Topic for dead letters: what was given up, and why."
    )
    email_results_topic: Annotated[str | None, Topic] = setting(
        Group.MAIL,
        "email-results",
        "Topic for results, one for each outcome and each retry.",
        empty_means="no results are written",
    )
    email_suppressions_topic: Annotated[str | None, Topic] = setting(
        Group.MAIL,
        "email-suppressions",
        "Topic with the addresses that no mail goes to, as digests.",
        empty_means="no address is suppressed",
    )
    email_dry_run: Annotated[bool, Switch()] = setting(
        Group.MAIL,
        "false",
        "Do everything except sending: messages are taken, composed, logged, and done with.",
    )
    email_redirect_to: Annotated[Address | None, Recipient()] = setting(
        Group.MAIL,
        None,
        "For staging: every mail goes to this address and to nobody else.",
        default_means="mail goes where it is meant to",
    )
    email_allow_domains: Annotated[tuple[str, ...] | None, Domains()] = setting(
        Group.MAIL,
        None,
        "For staging: no recipient in another domain gets mail.",
        default_means="every domain",
    )
    email_inline_css: Annotated[bool, Switch()] = setting(
        Group.MAIL, "false", "Move the style sheets of templates into the HTML's elements."
    )

    smtp_host: Annotated[str, Host()] = setting(Group.RELAY, "localhost", "The mail relay.")
    smtp_port: Annotated[int, Port()] = setting(Group.RELAY, "587", "Its port.")
    smtp_user: Annotated[str | None, Name] = setting(
        Group.RELAY, None, "User to log in as.", default_means="no login"
    )
    smtp_password: Annotated[SecretStr | None, Secret()] = setting(
        Group.RELAY, None, "Password of that user."
    )
    smtp_security: Annotated[
        Literal["auto", "tls", "starttls", "none"], Choice(("auto", "tls", "starttls", "none"))
    ] = setting(
        Group.RELAY,
        "auto",
        "How the connection is protected; auto is tls on port 465, none for a relay on this "
        "machine's loopback, else starttls.",
    )
    smtp_auth: Annotated[
        Literal["auto", "plain", "login", "cram-md5", "xoauth2"],
        Choice(("auto", "plain", "login", "cram-md5", "xoauth2")),
    ] = setting(Group.RELAY, "auto", "How to log in.")
    smtp_token_file: File = setting(
        Group.RELAY, None, "File with an OAuth access token, read again for each connection."
    )
    smtp_helo_name: Annotated[str | None, HeloName] = setting(
        Group.RELAY,
        None,
        "Name to greet the relay with.",
        default_means="the host's name",
    )
    smtp_ca_file: File = setting(
        Group.RELAY, None, "Authorities to trust (PEM).", default_means="the system's"
    )
    smtp_cert_file: File = setting(
        Group.RELAY, None, "Client certificate (PEM), with its key unless that is apart."
    )
    smtp_key_file: File = setting(Group.RELAY, None, "Key of the client certificate (PEM).")
    smtp_timeouts: Annotated[dict[str, float], DurationPairs(PHASES)] = setting(
        Group.RELAY,
        "connect=10s,greeting=60s,mail=300s,rcpt=300s,data=120s,block=180s,dot=600s",
        "How long each phase may take; those left out keep their defaults.",
    )
    smtp_on_ambiguous: Annotated[Literal["retry", "dead"], Choice(("retry", "dead"))] = setting(
        Group.RELAY,
        "retry",
        "When the relay vanishes before it confirms a mail: retry (it may arrive twice) or dead "
        "(it may not have arrived).",
    )
    smtp_breaker: Annotated[BreakerValues, Breaker()] = setting(
        Group.RELAY,
        "failures=5,reset=10s",
        "After how many failures in a row to leave the relay alone, and for how long.",
    )
    smtp_relays: Annotated[tuple[RelayValues, ...] | None, RelayUrls()] = setting(
        Group.RELAY,
        None,
        "Several relays, in the place of SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD and "
        "SMTP_TOKEN_FILE; the other SMTP settings hold for each.",
        default_means="the one relay of SMTP_HOST",
    )
    smtp_rules: Annotated[Path | None, RulesFile()] = setting(
        Group.RELAY,
        None,
        "File with rules of your own for the relay's replies, read again at SIGHUP.",
        default_means="the built-in table judges alone",
    )
    smtp_rate: Annotated[float | None, Rate()] = setting(
        Group.RELAY,
        None,
        "Most mails that this instance sends, over all relays.",
        default_means="no bound",
    )
    smtp_domain_rates: Annotated[dict[str, float] | None, DomainRates()] = setting(
        Group.RELAY,
        None,
        "Most mails to a recipients' domain, by each instance or, with STATE_URL, all together.",
        default_means="no bound",
    )

    retry_delays: Annotated[tuple[float, ...], Durations()] = setting(
        Group.RETRIES,
        "30s,5m,30m,2h,6h,16h",
        "Wait before each new attempt; each is a topic of its own.",
    )
    retry_jitter: Annotated[float, Fraction()] = setting(
        Group.RETRIES, "0.1", "By how much of itself a wait may be shortened at random."
    )

    suppression_ttl: Annotated[float, Duration()] = setting(
        Group.REMEMBERED, "90d", "How long no mail goes to an address that bounced."
    )
    dedup_window: Annotated[float, Duration(above=None, at_most=YEAR_S)] = setting(
        Group.REMEMBERED,
        "0",
        "For how long a second message with an id that was delivered already is a duplicate, and "
        "not sent; 0 is never.",
    )
    dedup_size: Annotated[int, Whole(1, 100_000_000)] = setting(
        Group.REMEMBERED,
        "200000",
        "How many deliveries are remembered in memory, one for each id and recipient; the oldest "
        "go first.",
    )
    state_url: Annotated[SecretStr | None, StoreUrl()] = setting(
        Group.REMEMBERED,
        None,
        "Redis or Valkey that remembers for all instances together, and over restarts; by it they "
        "also keep the rates of relays and domains together.",
        default_means="each instance for itself, in memory",
    )

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

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`load` gathers the sources itself, for it tells where each value is from."""
        return (init_settings,)

    @property
    def worker_bounds(self) -> tuple[int, int]:
        """Fewest and most workers; equal in a pool of fixed size."""
        count = self.email_worker_count
        return (
            count if self.email_workers_min is None else self.email_workers_min,
            count if self.email_workers_max is None else self.email_workers_max,
        )
