"""`kafka-mailer topics`: what Kafka has to have."""

from __future__ import annotations

from app.cli.topics.command import command

__all__ = ["command"]
