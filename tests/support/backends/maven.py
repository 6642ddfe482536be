"""Apache Kafka itself, one KRaft node, from Maven's jars."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from tests.support.backends.backend import Broker, NotAvailable
from tests.support.backends.classpath import KAFKA_VERSION, classpath, java, maven
from tests.support.ports import answers, free_ports
from tests.support.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TRIES = 3
DEADLINE_S = 60.0
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qk"

HEAP_MB = 512
# C1 alone and the serial collector: half the CPU of a start, which is most of what tests pay for.
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


class ApacheKafka:
    """A node on ports and in a folder of its own; after `stop` or `kill` it can start again.

    `settings` add to the node's properties; `listeners` are more of them than the plain one, each
    with its security protocol; `formatted_with` adds to what the storage is made with. A killed
    node is taken back only after `broker.session.timeout.ms` (9 s); shorter is quicker, and wrong
    when the machine is busy.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        *,
        listeners: Mapping[str, str] | None = None,
        formatted_with: Sequence[str] = (),
        heap_mb: int = HEAP_MB,
    ) -> None:
        self.folder = folder
        self._protocols = {"CONTROLLER": "PLAINTEXT", "PLAINTEXT": "PLAINTEXT", **(listeners or {})}
        self.ports = dict(zip(self._protocols, free_ports(len(self._protocols)), strict=True))
        self._formatted_with = tuple(formatted_with)
        self.settings = dict(settings or {})
        self._heap = (f"-Xms{heap_mb // 2}m", f"-Xmx{heap_mb}m")
        self._process: ChildProcess | None = None

    @property
    def port(self) -> int:
        return self.ports["PLAINTEXT"]

    @property
    def brokers(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "kafka.log"

    def start(self) -> None:
        """Wait until it accepts clients; raises NotAvailable with the end of its log."""
        program, jars = java(), classpath()
        properties = self._configure()
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        common = [program, logging, *JVM, *self._heap]
        if not (self.folder / "data" / "meta.properties").exists():
            arguments = ("format", "-t", CLUSTER_ID, "-c", str(properties), *self._formatted_with)
            run = subprocess.run(
                [*common, "-cp", jars, "kafka.tools.StorageTool", *arguments],
                capture_output=True,
                text=True,
                timeout=DEADLINE_S,
                check=False,
            )
            if run.returncode:
                raise NotAvailable(f"formatting failed:\n{run.stdout}{run.stderr}")
        self._process = ChildProcess(
            [*common, "-cp", jars, "kafka.Kafka", str(properties)], log=self.log
        )
        self._wait(self._process)

    def stop(self) -> None:
        """Orderly, with time for its own farewells."""
        if self._process:
            self._process.stop(within=20.0)
            self._process = None

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process = None

    def freeze(self) -> None:
        """It stands still: its connections stay, and it answers nobody."""
        if self._process:
            self._process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._process:
            self._process.send(signal.SIGCONT)

    def _wait(self, process: ChildProcess) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not answers(self.port):
            if not process.running or time.monotonic() > deadline:
                said = process.tail()
                process.kill()
                raise NotAvailable(f"Apache Kafka did not start; its log ends:\n{said}")
            time.sleep(0.05)

    def _configure(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log4j2.properties").write_text(LOGGING)
        addresses = {name: f"{name}://127.0.0.1:{port}" for name, port in self.ports.items()}
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.ports['CONTROLLER']}",
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join(addresses.values()),
            "advertised.listeners": ",".join(
                address for name, address in addresses.items() if name != "CONTROLLER"
            ),
            "listener.security.protocol.map": ",".join(
                f"{name}:{protocol}" for name, protocol in self._protocols.items()
            ),
            "log.dirs": str(self.folder / "data"),
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.retention.hours": "-1",
            "log.index.size.max.bytes": "65536",
            "auto.create.topics.enable": "false",
            **self.settings,
        }
        properties = self.folder / "server.properties"
        properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        return properties


class Maven:
    def __init__(self) -> None:
        self._kafka: ApacheKafka | None = None

    def describe(self) -> str:
        java()
        maven()
        return f"Apache Kafka {KAFKA_VERSION} by Maven and Java"

    def start(self, folder: Path) -> Broker:
        began = time.monotonic()
        name = self.describe()
        kafka = self._start(folder)
        ready_s = time.monotonic() - began
        return Broker(kafka.brokers, name, is_apache=True, ready_s=ready_s, log=kafka.log)

    def stop(self) -> None:
        """End it; its log stays, its data go."""
        if self._kafka:
            self._kafka.kill()
            shutil.rmtree(self._kafka.folder / "data", ignore_errors=True)
            self._kafka = None

    def _start(self, folder: Path) -> ApacheKafka:
        attempt = 0
        while True:
            attempt += 1
            # A port found free may be taken by the time Java binds it: other ports, once more.
            self._kafka = ApacheKafka(folder / f"try-{attempt}")
            try:
                self._kafka.start()
            except NotAvailable:
                if attempt == TRIES:
                    raise
            else:
                return self._kafka
