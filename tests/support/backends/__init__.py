"""The ladder of Kafka brokers that the tests can run on; the highest rung that holds is taken.

1. `given`: `TEST_KAFKA_BROKERS=host:port[,host:port]` names running brokers.
2. `docker`: a container by testcontainers, when a Docker engine answers.
3. `maven`: Apache Kafka from Maven, run with Java 17 or newer.
4. `embedded`: the broker of `kafka-mailer demo`.

`TEST_KAFKA` with one of these names forces that rung: when it does not hold, that is an error.
"""

from tests.support.backends.backend import Backend, Broker, NotAvailable
from tests.support.backends.ladder import Ladder

__all__ = ["Backend", "Broker", "Ladder", "NotAvailable"]
