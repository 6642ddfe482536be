"""`kafka-mailer bench`: what this machine, this Kafka and this relay carry, and what binds them."""

from app.cli.bench.command import command

__all__ = ["command"]
