"""An engine's containers, for the whole session: our image, Kafka and a mailbox on one network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.backends import Broker, NotAvailable
from tests.support.backends.docker import Docker, why_no_engine
from tests.support.containers import (
    IMAGE,
    Mailbox,
    build_image,
    images,
    network,
    why_no_images,
)
from tests.support.kafka_tools import KafkaTools

if TYPE_CHECKING:
    from collections.abc import Iterator

LAB = "as root on Debian, tests/containers/lab/lab.sh makes an engine and images for them"
WHY_NOT = pytest.StashKey[str]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if why := config.stash.get(WHY_NOT, None):
        terminalreporter.write_line(f"NOT TESTED: containers ({why})", yellow=True, bold=True)


@pytest.fixture(scope="session", autouse=True)
def engine(request: pytest.FixtureRequest) -> None:
    """Skips all of them where no engine answers, or where it lacks an image and cannot get it."""
    if why := why_no_engine() or why_no_images(images()):
        request.config.stash[WHY_NOT] = f"{why}; {LAB}"
        pytest.skip(f"containers: {why}; {LAB}")


@pytest.fixture(scope="session")
def image(engine: None) -> str:
    """Ours, built from this tree as `make image` does."""
    del engine
    build_image()
    return IMAGE


@pytest.fixture(scope="session")
def test_network(engine: None) -> Iterator[str]:
    del engine
    with network() as name:
        yield name


@pytest.fixture(scope="session")
def kafka(test_network: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """In a container; others reach it by name."""
    server = Docker(test_network)
    try:
        yield server.start(tmp_path_factory.mktemp("kafka"))
    except NotAvailable as why:
        pytest.fail(str(why), pytrace=False)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def kafka_tools(kafka: Broker) -> KafkaTools:
    return KafkaTools(kafka.brokers)


@pytest.fixture
def mailbox(test_network: str) -> Iterator[Mailbox]:
    with Mailbox(test_network) as server:
        yield server
