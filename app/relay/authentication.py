"""AUTH (RFC 4954) through aiosmtplib, with the mechanism that the settings pick."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING, Final

import aiosmtplib

from app.relay.config import AuthMethod, RelayConfig

if TYPE_CHECKING:
    from pathlib import Path

    from aiosmtplib import SMTP

_PREFERENCE: Final = (AuthMethod.PLAIN, AuthMethod.LOGIN, AuthMethod.CRAM_MD5)
_MECHANISM_REFUSED: Final = 504


def has_credentials(config: RelayConfig) -> bool:
    return config.user is not None


async def authenticate(smtp: SMTP, config: RelayConfig) -> None:
    """Log in once; a refused password is not tried again with another mechanism.

    Raises:
        aiosmtplib.SMTPResponseException: refused, or nothing offered that we may use.
    """
    refusal = aiosmtplib.SMTPAuthenticationError(
        _MECHANISM_REFUSED, "the relay offers no AUTH mechanism that may be used here"
    )
    for method in _candidates(smtp, config):
        try:
            await _log_in(smtp, config, method)
        except aiosmtplib.SMTPAuthenticationError as error:
            refusal = error
            if error.code != _MECHANISM_REFUSED:
                break
        else:
            return
    raise refusal


def _candidates(smtp: SMTP, config: RelayConfig) -> list[AuthMethod]:
    if config.auth is not AuthMethod.AUTO:
        wanted: tuple[AuthMethod, ...] = (config.auth,)
    elif config.token_file is not None:
        wanted = (AuthMethod.XOAUTH2,)
    else:
        wanted = _PREFERENCE
    return [method for method in wanted if method.value in smtp.server_auth_methods]


async def _log_in(smtp: SMTP, config: RelayConfig, method: AuthMethod) -> None:
    user, password = config.user or "", config.password or ""
    match method:
        case AuthMethod.PLAIN:
            await smtp.auth_plain(user, password)
        case AuthMethod.LOGIN:
            await smtp.auth_login(user, password)
        case AuthMethod.CRAM_MD5:
            await smtp.auth_crammd5(user, password)
        case AuthMethod.XOAUTH2:
            await smtp.auth_xoauth2(user, await asyncio.to_thread(_read_token, config.token_file))
        case AuthMethod.AUTO:
            raise ValueError("auto is a choice among mechanisms, none itself")


def _read_token(path: Path | None) -> str:
    if path is None:
        raise ValueError("XOAUTH2 needs a token file")
    try:
        token = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OSError(error.errno, f"SMTP_TOKEN_FILE {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OSError(errno.EINVAL, f"SMTP_TOKEN_FILE {path}: is not UTF-8") from None
    if not token:
        raise OSError(errno.EINVAL, f"SMTP_TOKEN_FILE {path}: is empty")
    return token
