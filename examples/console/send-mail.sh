#!/bin/sh
# Puts one mail into the queue with Kafka's own tool: send-mail.sh RECIPIENT ID
# The tool is in the folder bin of a Kafka, which has to be on the PATH.
set -eu

recipient=$1
id=$2

# A line is the key, a tab and the message, which has to be on one line. Neither argument may hold a
# quote or a backslash here: this makes JSON without a library.
printf '%s\t{"id": "%s", "to": "%s", "subject": "Your order", "text": "Thank you for your order.", "type": "order"}\n' \
    "$id" "$id" "$recipient" |
    kafka-console-producer.sh \
        --bootstrap-server "${KAFKA_BROKERS:-localhost:9092}" \
        --topic "${KAFKA_TOPIC:-email-queue}" \
        --sync \
        --producer-property acks=all \
        --producer-property enable.idempotence=true \
        --property parse.key=true
echo "written to ${KAFKA_TOPIC:-email-queue}"
