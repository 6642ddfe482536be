"""What went wrong before MAIL, in words that hold no address and no credential."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

import aiosmtplib

from app.domain.errors import MailerError
from app.domain.smtp import Phase
from app.relay.masking import masked

if TYPE_CHECKING:
    from app.domain.smtp import Reply


class OpeningFailed(MailerError):
    """Trouble before MAIL; `auth` marks refused credentials, which only an operator can mend.

    `code` is the reply's, where the relay said something; `untrusted` what OpenSSL holds against
    its certificate (X509_V_ERR_...).
    """

    def __init__(
        self,
        phase: Phase,
        detail: str,
        *,
        auth: bool = False,
        code: int | None = None,
        untrusted: int | None = None,
    ) -> None:
        super().__init__(f"{phase}: {detail}")
        self.phase = phase
        self.detail = detail
        self.auth = auth
        self.code = code
        self.untrusted = untrusted


class Unfit(MailerError):
    """The relay does not take such a message, known without asking it; `reply` says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


KNOWN_FAILURES: Final = (OpeningFailed, aiosmtplib.SMTPException, OSError, UnicodeError)
"""What network, TLS or relay can do to us; the last is an unfit host name."""


def failure_of(phase: Phase, error: Exception) -> OpeningFailed:
    """One of the known failures, told by its phase."""
    match error:
        case OpeningFailed():
            return error
        case aiosmtplib.SMTPResponseException():
            detail = f"{error.code} {masked(str(error.message))}"
            return OpeningFailed(
                phase, detail, auth=_is_auth_refusal(phase, error), code=error.code
            )
        case ssl.SSLCertVerificationError():
            return OpeningFailed(phase, _detail(error), untrusted=error.verify_code)
        case _:
            return OpeningFailed(phase, _detail(error))


def _detail(error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            detail = f"certificate: {error.verify_message}"
        case ssl.SSLError():
            detail = f"TLS: {error.reason or 'failed'}"
        case TimeoutError():
            detail = "timed out"
        case socket.gaierror() | UnicodeError():
            detail = "the host name cannot be resolved"
        case aiosmtplib.SMTPServerDisconnected():
            detail = "connection closed by the relay"
        case OSError():
            detail = error.strerror or "connection lost"
        case _:
            detail = masked(str(error))
    return detail


def _is_auth_refusal(phase: Phase, error: aiosmtplib.SMTPResponseException) -> bool:
    """530, 534, 535, 454 4.7.0, and any 5xx to AUTH itself."""
    if error.code in {530, 534, 535}:
        return True
    if error.code == 454:
        return str(error.message).startswith("4.7.0")
    return phase is Phase.AUTH and error.code >= 500
