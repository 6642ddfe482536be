"""`kafka-mailer demo`: the service between a broker and a mailbox of its own."""

from app.cli.demo.command import command

__all__ = ["command"]
