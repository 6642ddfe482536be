"""Settings as the small frozen values that the stages take."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.composer import ComposerConfig
from app.domain.addresses import parse_address
from app.intake.decode import DecoderConfig
from app.kafka import GroupTimes, KafkaConfig
from app.outcomes import Routes, Schedule, Suppressing
from app.outcomes.decision import nothing_stands
from app.pipeline.pacing import Rates
from app.pool import Gate, PoolConfig
from app.relay import AuthMethod, BreakerConfig, RelayConfig, Security, Timeouts

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from app.settings import Settings
    from app.settings.relay_urls import RelayValues

# How much longer the group waits for a member than the member's own drain may take.
REBALANCE_MARGIN_S = 15.0


def kafka_config(settings: Settings) -> KafkaConfig:
    return KafkaConfig(
        brokers=settings.kafka_brokers,
        client_id=f"kafka-mailer-{socket.gethostname()}"[:100],
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password=_plain(settings.kafka_sasl_password),
        sasl_token_file=settings.kafka_sasl_token_file,
        ssl_ca_file=settings.kafka_ssl_ca_file,
        ssl_cert_file=settings.kafka_ssl_cert_file,
        ssl_key_file=settings.kafka_ssl_key_file,
    )


def group_times(settings: Settings) -> GroupTimes:
    return GroupTimes(rebalance_s=settings.kafka_drain_timeout + REBALANCE_MARGIN_S)


def decoder_config(settings: Settings) -> DecoderConfig:
    return DecoderConfig(max_bytes=settings.email_max_bytes, ttl=settings.email_ttl or {})


def composer_config(settings: Settings) -> ComposerConfig:
    return ComposerConfig(
        default_from=settings.email_from,
        templates=settings.email_templates,
        envelope_from=settings.email_envelope_from,
        inline_css=settings.email_inline_css,
        max_bytes=settings.email_max_bytes,
        signing_keys=settings.dkim_keys or (),
    )


def pool_config(settings: Settings, gate: Gate, room: int) -> PoolConfig:
    """`room`: bytes for the mails inside, see `app.bootstrap.memory`."""
    fewest, most = settings.worker_bounds
    return PoolConfig(
        workers=settings.email_worker_count,
        buffer=settings.email_worker_buffer,
        min_workers=fewest,
        max_workers=most,
        max_bytes=room,
        job_timeout=settings.email_job_timeout,
        shutdown_timeout=settings.shutdown_timeout,
        stuck_after=settings.email_job_timeout * 2,
        breaker=gate,
    )


def relay_configs(settings: Settings) -> list[RelayConfig]:
    """Those of `SMTP_RELAYS`, else the one of `SMTP_HOST`."""
    if settings.smtp_relays is None:
        only = _relay_config(
            settings,
            host=settings.smtp_host,
            port=settings.smtp_port,
            user=settings.smtp_user,
            password=_plain(settings.smtp_password),
            token_file=settings.smtp_token_file,
        )
        return [only]
    return [
        _relay_config(
            settings,
            name=relay.name,
            host=relay.host,
            port=relay.port,
            security=Security(relay.security or settings.smtp_security),
            user=relay.user,
            password=_plain(relay.password),
            token_file=relay.token_file,
            priority=relay.priority,
            weight=relay.weight,
            rate=relay.rate,
            types=relay.types,
            senders=relay.senders,
            connections=relay.connections or settings.worker_bounds[1],
        )
        for relay in settings.smtp_relays
    ]


def relays_beside_logins(settings: Settings) -> tuple[RelayValues, ...] | None:
    """What of `SMTP_RELAYS` cannot change while running."""
    if settings.smtp_relays is None:
        return None
    return tuple(
        replace(relay, user=None, password=None, token_file=None) for relay in settings.smtp_relays
    )


def _relay_config(settings: Settings, **of_its_own: Any) -> RelayConfig:
    common: dict[str, Any] = {
        "security": Security(settings.smtp_security),
        "auth": AuthMethod(settings.smtp_auth),
        "helo_name": settings.smtp_helo_name,
        "timeouts": Timeouts(**settings.smtp_timeouts),
        "connections": settings.worker_bounds[1],
        "ca_file": settings.smtp_ca_file,
        "cert_file": settings.smtp_cert_file,
        "key_file": settings.smtp_key_file,
    }
    return RelayConfig(**common | of_its_own)


def sender_domain(settings: Settings) -> str | None:
    """That of messages which name no sender."""
    if settings.email_from is None:
        return None
    return parse_address(settings.email_from, "EMAIL_FROM").domain


def rates(settings: Settings) -> Rates:
    return Rates(settings.smtp_rate, settings.smtp_domain_rates or {})


def breaker_config(settings: Settings) -> BreakerConfig:
    return BreakerConfig(settings.smtp_breaker.failures, settings.smtp_breaker.reset)


def schedule(settings: Settings) -> Schedule:
    return Schedule(settings.kafka_topic, settings.retry_delays, settings.retry_jitter)


def routes(settings: Settings, stands: Callable[[bytes], bool] = nothing_stands) -> Routes:
    """`stands` tells of a suppression, by digest, that a bounce must not replace."""
    topic = settings.email_suppressions_topic
    return Routes(
        schedule=schedule(settings),
        dead_letters=settings.email_dlq_topic,
        results=settings.email_results_topic,
        suppressing=Suppressing(topic, settings.suppression_ttl, stands) if topic else None,
    )


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
