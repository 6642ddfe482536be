"""What the requests that a broker knows tell of its release, and what a refusal is."""

from __future__ import annotations

import ssl

import pytest
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from app.kafka import Refusal, refusal_of
from app.kafka.survey import release_of
from app.kafka.token_file import TokenUnreadable


@pytest.mark.parametrize(
    ("versions", "release"),
    [
        ({1: (4, 17), 3: (0, 13), 71: (0, 0)}, "4.0"),
        ({1: (0, 16), 3: (0, 12), 71: (0, 0)}, "3.7"),
        ({1: (0, 12), 3: (0, 11), 65: (0, 0)}, "3.0"),
        ({1: (0, 12), 3: (0, 11), 60: (0, 0)}, "2.8"),
        ({1: (0, 12), 3: (0, 9), 50: (0, 0)}, "2.7"),
        ({1: (0, 11), 3: (0, 9)}, "2.4"),
        ({1: (0, 11), 3: (0, 8)}, "2.3"),
        ({1: (0, 8), 3: (0, 6)}, None),
        ({}, None),
    ],
)
def test_the_release_is_told_by_requests(
    versions: dict[int, tuple[int, int]], release: str | None
) -> None:
    assert release == release_of(versions)


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (ssl.SSLCertVerificationError("not trusted"), Refusal.CERTIFICATE),
        (ssl.SSLError("wrong version"), Refusal.PROTOCOL),
        (IllegalSaslStateError("no login here"), Refusal.PROTOCOL),
        (KafkaConnectionError("closed"), Refusal.PROTOCOL),
        (ConnectionResetError("reset"), Refusal.PROTOCOL),
        (SaslAuthenticationFailed("no"), Refusal.LOGIN),
        (UnsupportedSaslMechanismError("SCRAM"), Refusal.LOGIN),
        (TokenUnreadable("is empty"), Refusal.LOGIN),
        (ConnectionRefusedError("nobody"), Refusal.AWAY),
        (TimeoutError(), Refusal.AWAY),
    ],
)
def test_a_refusal_is_what_an_operator_has_to_look_at(error: Exception, refusal: Refusal) -> None:
    assert refusal is refusal_of(error)
