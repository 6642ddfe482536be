"""Why a broker does not let us in, in the words of whoever sets up the connection."""

from __future__ import annotations

import ssl
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from app.kafka.bounded import bounded
from app.kafka.token_file import TokenUnreadable

if TYPE_CHECKING:
    from app.kafka.config import KafkaConfig

# OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH.
_OTHER_NAME: Final = frozenset((62, 64))
_LOGIN: Final = (SaslAuthenticationFailed, AuthenticationFailedError)
_SETUP: Final = (UnsupportedSaslMechanismError, IllegalSaslStateError)


class Refusal(StrEnum):
    """What an operator has to look at; AWAY: nobody answered."""

    CERTIFICATE = "certificate"
    LOGIN = "login"
    PROTOCOL = "protocol"
    AWAY = "away"


def refusal_of(error: BaseException) -> Refusal:
    """What kind of trouble a connection to a broker had."""
    match error:
        case ssl.SSLCertVerificationError():
            return Refusal.CERTIFICATE
        case SaslAuthenticationFailed() | AuthenticationFailedError() | TokenUnreadable():
            return Refusal.LOGIN
        case UnsupportedSaslMechanismError():
            return Refusal.LOGIN
        case IllegalSaslStateError() | ssl.SSLError():
            return Refusal.PROTOCOL
        case KafkaConnectionError() | ConnectionResetError():
            return Refusal.PROTOCOL
        case _:
            return Refusal.AWAY


async def knock(config: KafkaConfig, seconds: float) -> Exception | None:
    """Connect to the brokers in turn until one lets us in; what the last refusal was if none does.

    A refusal for good comes before trouble that may pass. The client library only logs why it
    could not connect; here it is told.
    """
    troubles: list[Exception] = []
    for broker in config.brokers:
        host, _, port = broker.rpartition(":")
        try:
            await bounded(_ask(host.strip("[]"), int(port), config), seconds / len(config.brokers))
        except (KafkaError, OSError, TimeoutError, ValueError) as error:
            troubles.append(error)
        else:
            return None
    return next((each for each in troubles if is_for_good(each)), troubles[-1])


async def _ask(host: str, port: int, config: KafkaConfig) -> None:
    """Ask what whoever is not logged in may not ask."""
    options = config.client_options()
    del options["bootstrap_servers"]
    connection = await create_conn(host, port, **options)
    try:
        await connection.send(MetadataRequest([]))
    finally:
        connection.close()


def is_for_good(error: BaseException) -> bool:
    """Whether only an operator can help: certificate or login are refused."""
    return isinstance(error, (ssl.SSLCertVerificationError, *_LOGIN, *_SETUP))


def reason_of(error: BaseException, config: KafkaConfig) -> str:
    """One line without secrets."""
    setting = f"KAFKA_SECURITY_PROTOCOL={config.security_protocol}"
    match error:
        case ssl.SSLCertVerificationError():
            reason = _of_certificate(error)
        case ssl.SSLError():
            reason = _of_tls(error, setting)
        case SaslAuthenticationFailed() | AuthenticationFailedError():
            who = f" as {config.sasl_username}" if config.sasl_username else ""
            reason = f"the login{who} ({config.sasl_mechanism}) is refused{_said(error)}"
        case IllegalSaslStateError():
            reason = f"the broker wants no login on this port ({setting})"
        case UnsupportedSaslMechanismError():
            reason = f"the broker offers no login by KAFKA_SASL_MECHANISM={config.sasl_mechanism}"
        case KafkaConnectionError() | ConnectionResetError():
            reason = (
                "the broker closed the connection; it may want TLS, a login or a certificate "
                f"({setting})"
            )
        case TimeoutError():
            reason = "no answer"
        case _:
            reason = str(error) or type(error).__name__
    return reason


def _of_certificate(error: ssl.SSLCertVerificationError) -> str:
    said = (error.verify_message or str(error)).rstrip(".")
    if error.verify_code in _OTHER_NAME:
        return f"the broker's certificate is for another host: {said}"
    return f"the broker's certificate is not trusted: {said} (KAFKA_SSL_CA_FILE)"


def _of_tls(error: ssl.SSLError, setting: str) -> str:
    said = error.reason or str(error)
    if "ALERT" in said:
        return f"the broker ends TLS ({said}); it may want a certificate (KAFKA_SSL_CERT_FILE)"
    return f"TLS fails ({said}); the broker may not speak it on this port ({setting})"


def _said(error: BaseException) -> str:
    """The broker's own words, where it has any."""
    text = str(error.args[0]) if error.args and error.args[0] else ""
    return f": {''.join(each for each in text if each.isprintable())[:200]}" if text else ""
