"""`kafka-mailer dlq`: what to do with dead letters."""

from __future__ import annotations

from app.cli.dlq.command import command

__all__ = ["command"]
