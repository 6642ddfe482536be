"""kafka-mailer: email messages from Kafka, sent through SMTP relays, none lost."""

__version__ = "0.1.0"
