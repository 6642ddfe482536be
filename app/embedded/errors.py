"""What can go wrong with the embedded servers."""

from __future__ import annotations

from app.domain.errors import MailerError

INSTALL = 'install the extra: pip install "kafka-mailer[demo]"'


class EmbeddedError(MailerError):
    """An embedded server cannot run here; the text says what to do."""
