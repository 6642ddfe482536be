"""Measures the image: its size, its start, its memory.

`make lab ARGS=".venv/bin/python -m tests.containers.figures"`; without a lab, that command alone.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Final

from tests.support.backends.docker import INSIDE, Docker
from tests.support.containers import (
    IMAGE,
    REPOSITORY,
    Container,
    Mailbox,
    build_image,
    docker,
    network,
)
from tests.support.kafka_tools import KafkaTools, Produced
from tests.support.mails import flat
from tests.support.waiting import wait_until

MIB: Final = 1 << 20
STARTS: Final = 5
MAILS: Final = 5000
SENT_WITHIN_S: Final = 300.0


def main() -> int:
    build_image()
    base = re.search(
        r"^ARG PYTHON_IMAGE=(.*)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE
    )
    assert base
    above = _size(IMAGE) - _size(base[1])
    print(f"image above its base       {above / 1e6:.1f} MB")
    with network() as net, tempfile.TemporaryDirectory() as folder:
        kafka = Docker(net)
        try:
            tools = KafkaTools(kafka.start(Path(folder)).brokers)
            tools.create_topic("email-queue", 6)
            with Mailbox(net) as mailbox:
                _measure(net, tools, mailbox)
        finally:
            kafka.stop()
    return 0


def _measure(net: str, tools: KafkaTools, mailbox: Mailbox) -> None:
    options = [
        *(f"--network={net}", "--read-only", "--memory=256m", "--no-healthcheck"),
        *(f"--env=KAFKA_BROKERS={INSIDE}", "--env=SMTP_HOST=mailbox", "--env=SMTP_PORT=1025"),
        *("--env=SMTP_SECURITY=none", "--env=EMAIL_FROM=shop@example.com"),
    ]
    _start_to_ready(options)  # makes the topics
    took = sorted(_start_to_ready(options) for _ in range(STARTS))
    print(
        f"start to ready, median     {took[STARTS // 2]:.2f} s (of {STARTS}, most {took[-1]:.2f})"
    )
    with Container(options, checked=False) as running:
        _wait_ready(running)
        print(f"resident, idle             {_resident(running):.0f} MiB")
        mails = [Produced(flat(n, html="<p>Hello</p>" * 200)) for n in range(MAILS)]
        tools.produce("email-queue", mails)
        samples: list[float] = []

        def arrived() -> bool:
            samples.append(_resident(running))
            return mailbox.messages.count() >= MAILS

        wait_until(arrived, f"{MAILS} mails have arrived: {running.logs[-2000:]}", SENT_WITHIN_S)
        print(f"resident, under load, most {max(samples):.0f} MiB ({MAILS} mails of 3 kB)")


def _size(image: str) -> int:
    return int(json.loads(docker("image", "inspect", image))[0]["Size"])


def _start_to_ready(options: list[str]) -> float:
    began = time.monotonic()
    with Container(options, checked=False) as running:
        _wait_ready(running)
        took = time.monotonic() - began
        running.stop()
    return took


def _wait_ready(running: Container) -> None:
    address = docker(
        *("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"),
        running.id,
    )

    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://{address}:8081/health/ready", timeout=5):
                return True
        except OSError:
            return False

    wait_until(ready, "it is ready", 60.0)


def _resident(running: Container) -> float:
    status = running.exec("cat", "/proc/1/status")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
