// Puts one mail into the queue: node send-mail.mjs RECIPIENT ID
import { Kafka, Partitioners, logLevel } from "kafkajs";

const [recipient, id] = process.argv.slice(2);
const brokers = (process.env.KAFKA_BROKERS ?? "localhost:9092").split(",");
const topic = process.env.KAFKA_TOPIC ?? "email-queue";

const message = {
  id,
  to: recipient,
  subject: "Your order",
  text: "Thank you for your order.",
  type: "order",
};

// Idempotent: a write that is repeated on a poor connection is kept once.
const producer = new Kafka({ brokers, logLevel: logLevel.ERROR }).producer({
  idempotent: true,
  maxInFlightRequests: 1,
  createPartitioner: Partitioners.DefaultPartitioner,
});
await producer.connect();
try {
  // Resolves when every replica in sync has the record (acks -1); rejects when it was not written.
  const [written] = await producer.send({
    topic,
    acks: -1,
    messages: [{ key: id, value: JSON.stringify(message) }],
  });
  console.log(`${written.topicName}/${written.partition}/${written.baseOffset}`);
} finally {
  await producer.disconnect();
}
