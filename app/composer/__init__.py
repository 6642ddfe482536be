"""From a message to its envelope and RFC 5322 bytes."""

from __future__ import annotations

from app.composer.broken import BrokenTemplate
from app.composer.composer import Composer
from app.composer.config import ComposerConfig

__all__ = ["BrokenTemplate", "Composer", "ComposerConfig"]
