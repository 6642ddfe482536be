"""The cluster, the topic with the messages, and how it is reached."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from app.settings.compounds import Brokers, StartPoint
from app.settings.kinds import Choice, Duration, Secret, Switch
from app.settings.names import GroupId, InstanceId, Name, Topic
from app.settings.option import Group, setting
from app.settings.paths import File


class KafkaSettings(BaseModel):
    model_config = ConfigDict(defer_build=True)

    kafka_brokers: Annotated[tuple[str, ...], Brokers()] = setting(
        Group.KAFKA, "localhost:9092", "Brokers to ask first for the cluster."
    )
    kafka_topic: Annotated[str, Topic] = setting(
        Group.KAFKA, "email-queue", "Topic with the messages to send."
    )
    kafka_group_id: Annotated[str, GroupId] = setting(
        Group.KAFKA,
        "messaging-service-group",
        "Consumer group; instances of one group share the work.",
        flag="--kafka-group",
    )
    kafka_commit: Annotated[Literal["submitted", "settled"], Choice(("submitted", "settled"))] = (
        setting(
            Group.KAFKA,
            "submitted",
            "What the committed offset stands for. Nothing is lost either way; take settled where "
            "offsets are exported, mirrored or copied.",
        )
    )
    kafka_start: Annotated[Literal["earliest", "latest"] | float, StartPoint()] = setting(
        Group.KAFKA, "earliest", "Where a group without any offset starts."
    )
    kafka_create_topics: Annotated[bool, Switch()] = setting(
        Group.KAFKA, "true", "Create missing topics at start; otherwise they are an error."
    )
    kafka_start_timeout: Annotated[float, Duration()] = setting(
        Group.KAFKA, "60s", "How long to wait for Kafka at start before giving up (exit code 3)."
    )
    kafka_drain_timeout: Annotated[float, Duration(at_most=600)] = setting(
        Group.KAFKA, "20s", "How long running mails may take to end when partitions move away."
    )
    kafka_instance_id: Annotated[str | None, InstanceId] = setting(
        Group.KAFKA,
        None,
        "Static membership: this process's own name in the group. A restart within 10 s keeps its "
        "partitions without a rebalance.",
        default_means="none, partitions move at each start and stop",
    )
    ignore_checkpoint: Annotated[bool, Switch()] = setting(
        Group.KAFKA,
        "false",
        "Start at the committed offsets when the checkpoint beside them is unreadable. What was "
        "unsettled then may be lost.",
        flag_only=True,
    )

    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Choice(("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")),
    ] = setting(Group.KAFKA_SECURITY, "PLAINTEXT", "How connections to Kafka are protected.")
    kafka_sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"],
        Choice(("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")),
    ] = setting(Group.KAFKA_SECURITY, "PLAIN", "How to log in to Kafka (SASL).")
    kafka_sasl_username: Annotated[str | None, Name] = setting(
        Group.KAFKA_SECURITY, None, "User for SASL."
    )
    kafka_sasl_password: Annotated[SecretStr | None, Secret()] = setting(
        Group.KAFKA_SECURITY, None, "Password for SASL."
    )
    kafka_sasl_token_file: File = setting(
        Group.KAFKA_SECURITY,
        None,
        "File with an OAuth access token for OAUTHBEARER, read again for each connection.",
    )
    kafka_ssl_ca_file: File = setting(
        Group.KAFKA_SECURITY, None, "Authorities to trust (PEM).", default_means="the system's"
    )
    kafka_ssl_cert_file: File = setting(
        Group.KAFKA_SECURITY, None, "Client certificate (PEM), with its key unless that is apart."
    )
    kafka_ssl_key_file: File = setting(
        Group.KAFKA_SECURITY, None, "Key of the client certificate (PEM)."
    )
