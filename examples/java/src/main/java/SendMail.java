import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Puts one mail into the queue: SendMail RECIPIENT ID. */
public final class SendMail {
    public static void main(String[] args) throws Exception {
        String recipient = args[0];
        String id = args[1];

        Map<String, Object> message = new LinkedHashMap<>();
        message.put("id", id);
        message.put("to", recipient);
        message.put("subject", "Your order");
        message.put("text", "Thank you for your order.");
        message.put("type", "order");
        byte[] value = new ObjectMapper().writeValueAsBytes(message);

        Properties settings = new Properties();
        settings.put(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, setting("KAFKA_BROKERS", "localhost:9092"));
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        // A write that is repeated on a poor connection is kept once.
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);

        try (var producer =
                new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            var record = new ProducerRecord<>(setting("KAFKA_TOPIC", "email-queue"), id, value);
            // Returns when every replica in sync has the record; throws when it was not written.
            var written = producer.send(record).get();
            System.out.printf(
                    "%s/%d/%d%n", written.topic(), written.partition(), written.offset());
        }
    }

    private static String setting(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
