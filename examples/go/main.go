// Puts one mail into the queue: go run . RECIPIENT ID
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type message struct {
	ID      string `json:"id"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Type    string `json:"type,omitempty"`
}

func main() {
	if len(os.Args) != 3 {
		log.Fatalf("usage: %s RECIPIENT ID", os.Args[0])
	}
	if err := send(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func send(recipient, id string) error {
	value, err := json.Marshal(message{
		ID:      id,
		To:      recipient,
		Subject: "Your order",
		Text:    "Thank you for your order.",
		Type:    "order",
	})
	if err != nil {
		return err
	}
	// Idempotent, which is franz-go's default: a write that is repeated on a poor connection is
	// kept once. A service makes one client and keeps it.
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(setting("KAFKA_BROKERS", "localhost:9092"), ",")...),
		kgo.RequiredAcks(kgo.AllISRAcks()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	record := &kgo.Record{
		Topic: setting("KAFKA_TOPIC", "email-queue"),
		Key:   []byte(id),
		Value: value,
	}
	// Returns when every replica in sync has the record.
	written, err := client.ProduceSync(ctx, record).First()
	if err != nil {
		return fmt.Errorf("not written: %w", err)
	}
	fmt.Printf("%s/%d/%d\n", written.Topic, written.Partition, written.Offset)
	return nil
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
