"""What the composer needs to know of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from app.domain.signing_key import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposerConfig:
    """Values as they stand in the settings; `Composer` checks them.

    `default_from`: EMAIL_FROM. `templates`: the folder EMAIL_TEMPLATES. `envelope_from`:
    EMAIL_ENVELOPE_FROM, an address in whose local part `{id}` stands for the message's id, or `<>`.
    `inline_css`: EMAIL_INLINE_CSS. `max_bytes`: the largest composed message. `signing_keys`: those
    of DKIM_KEYS.
    """

    default_from: str | None = None
    templates: Path | None = None
    envelope_from: str | None = None
    inline_css: bool = False
    max_bytes: int = 10 * 1024 * 1024
    signing_keys: tuple[SigningKey, ...] = ()
