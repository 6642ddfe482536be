"""`kafka-mailer render`: the mail that a template makes."""

from __future__ import annotations

from app.cli.render.command import command

__all__ = ["command"]
