"""A template and its data, made into the mail that the service would send."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from typing import TYPE_CHECKING, Any, Final

from app.bootstrap.configs import composer_config, decoder_config
from app.composer import Composer
from app.composer.review import Finding, review
from app.domain.clock import epoch_ms
from app.domain.errors import Fatal, InvalidMessage
from app.domain.record import Record
from app.intake.decode import Decoder
from app.pipeline.handler import utc_now
from app.pipeline.preview import Previewer
from app.settings.files import why_unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.settings import Settings

# Of nobody; what is shown is not sent.
SENDER: Final = "sender@example.com"
RECIPIENT: Final = "recipient@example.com"


@dataclass(frozen=True, slots=True)
class Made:
    """The mail, or the problem that keeps it from being made."""

    subject: str = ""
    text: str | None = None
    html: str | None = None
    raw: bytes = b""
    attachments: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is to be rendered; `data` overrides what the file `data_file` holds."""

    template: str
    locale: str | None = None
    data: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    data_file: Path | None = None
    message: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The message as a producer would write it; raises `Fatal` for a file that is no data."""
        data = {**(read_data(self.data_file) if self.data_file else {}), **self.data}
        document = {"to": RECIPIENT, **self.message, "template": self.template, "data": data}
        if self.locale:
            document["locale"] = self.locale
        return document


def read_data(path: Path) -> dict[str, Any]:
    """The JSON object in a file; `Fatal` names the file, and the line of what is wrong."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Fatal(f"{path}: {why_unreadable(error)}") from None
    except UnicodeDecodeError:
        raise Fatal(f"{path}: is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        said = f"{error.msg} (line {error.lineno}, column {error.colno})"
        raise Fatal(f"{path}: is not JSON: {said}") from None
    except RecursionError:
        raise Fatal(f"{path}: is nested too deeply") from None
    if not isinstance(found, dict):
        raise Fatal(f"{path}: must hold a JSON object, the template's values by name")
    return found


def make(settings: Settings, recipe: Recipe) -> Made:
    """As a worker would, but unsigned; what hinders it is the `problem`."""
    try:
        config = composer_config(settings)
        config = dataclasses.replace(
            config, default_from=config.default_from or SENDER, signing_keys=()
        )
        composer = Composer(config)
        document = recipe.document()
    except (Fatal, ValueError) as error:
        return Made(problem=str(error))
    value = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    record = Record(settings.kafka_topic, 0, 0, epoch_ms(), None, value, ())
    preview = Previewer(Decoder(decoder_config(settings)), composer, utc_now).preview(record)
    if preview.problem is not None or preview.raw is None:
        return Made(problem=preview.problem or "there is no mail")
    findings = review(
        preview.subject or "",
        preview.text,
        preview.html,
        own_text=_has_text(composer, recipe),
        enclosed=_content_ids(preview.raw),
    )
    return Made(
        subject=preview.subject or "",
        text=preview.text,
        html=preview.html,
        raw=preview.raw,
        attachments=preview.attachments,
        findings=tuple(findings),
    )


def _has_text(composer: Composer, recipe: Recipe) -> bool:
    if recipe.message.get("text"):
        return True
    try:
        return composer.template(recipe.template, recipe.locale).text is not None
    except InvalidMessage:
        return False


def _content_ids(raw: bytes) -> list[str]:
    mail = BytesParser(EmailMessage, policy=SMTP).parsebytes(raw)
    return [str(part["Content-ID"]).strip("<>") for part in mail.walk() if part["Content-ID"]]
