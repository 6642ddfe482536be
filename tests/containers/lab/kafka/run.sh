#!/bin/bash
# KAFKA_SOME_NAME becomes some.name, as in the official image; then formats what is new, and runs.
set -euo pipefail
properties=/etc/kafka-lab/server.properties
env | sed -n 's/^KAFKA_\([A-Z0-9_]*\)=\(.*\)$/\1=\2/p' | while IFS='=' read -r name value; do
    case "$name" in HEAP_OPTS | OPTS | JVM_PERFORMANCE_OPTS) continue ;; esac
    name=$(tr '[:upper:]' '[:lower:]' <<<"$name")
    printf '%s=%s\n' "${name//_/.}" "$value"
done >"$properties"
classpath='/opt/kafka/libs/*'
java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$classpath" kafka.tools.StorageTool format --ignore-formatted \
    --cluster-id "${CLUSTER_ID:-4L6g3nShT-eMCtK--X86sw}" --config "$properties"
# shellcheck disable=SC2086  # several options
exec java ${KAFKA_HEAP_OPTS:--Xmx384m -Xms128m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$classpath" kafka.Kafka "$properties"
