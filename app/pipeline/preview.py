"""What the service would make of a record, without sending anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from typing import TYPE_CHECKING, Any

import orjson

from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.composer import Composer
    from app.domain.record import Record
    from app.intake.decode import Decoded, Decoder


@dataclass(frozen=True, slots=True)
class Preview:
    """`document` is the value as JSON, None when it is none; `problem` why there is no mail."""

    document: Any = None
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    raw: bytes | None = None
    recipients: tuple[str, ...] = ()
    attachments: tuple[str, ...] = field(default=())
    problem: str | None = None


class Previewer:
    """Decodes and composes as a worker would; never raises for what a record holds."""

    def __init__(self, decoder: Decoder, composer: Composer, now: Callable[[], datetime]) -> None:
        self._decoder = decoder
        self._composer = composer
        self._now = now

    def preview(self, record: Record) -> Preview:
        """The mail of this record, or the reason why there is none."""
        document = _document(record.value)
        try:
            decoded = self._decoder.decode(record)
            return _shown(document, decoded, self._composed(decoded))
        except InvalidMessage as error:
            return Preview(document, problem=str(error))
        except Exception as error:  # noqa: BLE001 - shown to whoever asks, as the service logs it
            return Preview(document, problem=f"{type(error).__name__}: {error}")

    def outlook(self, record: Record) -> str | None:
        """Why the service would not send it, as far as that can be known; None when it would."""
        try:
            decoded = self._decoder.decode(record)
            expires_at = decoded.message.expires_at
            if expires_at is not None and expires_at <= self._now():
                return f"will end as expired: its life ended at {expires_at.isoformat()}"
            self._composed(decoded)
        except InvalidMessage as error:
            return f"will be dead again: {error}"
        except Exception as error:  # noqa: BLE001 - as above
            return f"will fail: {type(error).__name__}: {error}"
        return None

    def _composed(self, decoded: Decoded) -> bytes:
        composed = self._composer.compose(
            decoded.message, decoded.trail, decoded.recipients, now=self._now()
        )
        return composed.content


def _shown(document: Any, decoded: Decoded, raw: bytes) -> Preview:
    mail = BytesParser(EmailMessage, policy=SMTP).parsebytes(raw)
    return Preview(
        document,
        subject=str(mail["Subject"]),
        text=_body(mail, "plain"),
        html=_body(mail, "html"),
        raw=raw,
        recipients=tuple(address.spec for address in decoded.recipients),
        attachments=tuple(part.get_filename() or "?" for part in mail.iter_attachments()),
    )


def _document(value: bytes | None) -> Any:
    try:
        return None if value is None else orjson.loads(value)
    except orjson.JSONDecodeError:
        return None


def _body(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return None if part is None else str(part.get_content())
