"""Servers for the tests, started when the first test asks; and what the report says of them."""

from __future__ import annotations

import signal
from contextlib import nullcontext
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import smtp_sink as sinks
from tests.support.backends import Broker, Ladder, NotAvailable
from tests.support.browser import Browser
from tests.support.kafka_tools import KafkaTools
from tests.support.postfix import Postfix
from tests.support.prometheus import Prometheus
from tests.support.promtool import Promtool
from tests.support.redis_server import RedisServer
from tests.support.submission import Submission
from tests.support.topics import Topics
from tests.support.workers import Turnstile, arrange, is_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LADDER = pytest.StashKey[Ladder]()
STARTED = pytest.StashKey[list[str]]()
MISSING = pytest.StashKey[dict[str, str]]()
TURNSTILE = pytest.StashKey[Turnstile]()
# What a worker tells of these, and the controller hands to a worker.
TOLD = "servers"
FOLDER = "turnstile"

# What is generated is to be right; how long that takes is the machine's: on a busy one the first
# text alone, for which the tables of Unicode are made, takes seconds.
SLOW = [HealthCheck.too_slow]
settings.register_profile("any machine", deadline=None, suppress_health_check=SLOW)
# For a night: pytest --hypothesis-profile=thorough.
settings.register_profile("thorough", settings.get_profile("any machine"), max_examples=5000)
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    try:
        config.stash[LADDER] = Ladder.from_environment()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    # A job that is cancelled ends its servers as Ctrl-C does. In the background of a shell Ctrl-C
    # is ignored, and would be by every process under test.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[STARTED] = []
    config.stash[MISSING] = {}
    if folder := getattr(config, "workerinput", {}).get(FOLDER):
        config.stash[TURNSTILE] = Turnstile(Path(folder))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput[FOLDER] = str(node.config._tmp_path_factory.getbasetemp())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker has to tell; one that crashed tells nothing."""
    stash, told = node.config.stash, getattr(node, "workeroutput", {}).get(TOLD)
    if told:
        stash[STARTED] += told["started"]
        stash[MISSING] |= told["missing"]
        notes = stash[LADDER].notes
        notes += [note for note in told["notes"] if note not in notes]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        stash = session.config.stash
        output[TOLD] = {
            "started": stash[STARTED],
            "notes": stash[LADDER].notes,
            "missing": stash[MISSING],
        }


def pytest_report_header(config: pytest.Config) -> list[str]:
    optional = {
        "postfix": Postfix.why_not(),
        "postfix with passwords": Postfix.why_no_users(),
        "smtp-sink": sinks.SmtpSink.why_not(),
        "redis-server": RedisServer.why_not(),
        "prometheus": Prometheus.why_not(),
        "chromium": Browser.why_not(),
    }
    return [
        f"kafka: {config.stash[LADDER].describe()}",
        "other servers: "
        + ", ".join(f"{name} {f'no ({why})' if why else 'yes'}" for name, why in optional.items()),
    ]


@pytest.hookimpl(tryfirst=True)  # the marks of `arrange` are read by the next
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    arrange(items)
    for item in items:
        for server in ("kafka", "postfix", "redis_server"):
            if server in getattr(item, "fixturenames", ()):
                item.add_marker(server)
        if "submission" in getattr(item, "fixturenames", ()):
            item.add_marker("postfix")


@pytest.hookimpl(wrapper=True, tryfirst=True)  # a test's own time-out begins inside
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    turnstile = item.config.stash.get(TURNSTILE, None)
    with turnstile.passing(alone=is_alone(item)) if turnstile else nullcontext():
        return (yield)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash[STARTED]:
        terminalreporter.write_line(f"ran on {line}")
    for note in config.stash[LADDER].notes:
        terminalreporter.write_line(f"kafka: {note}", yellow=True, bold=True)
    for server, why in config.stash[MISSING].items():
        terminalreporter.write_line(
            f"NOT TESTED: what needs {server} ({why})", yellow=True, bold=True
        )


def _skip(request: pytest.FixtureRequest, server: str, why: str) -> None:
    request.config.stash[MISSING][server] = why
    pytest.skip(f"no {server}: {why}")


@pytest.fixture
def without(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Called with what is missing and why, it skips the test, and the report's end says so."""
    return partial(_skip, request)


@pytest.fixture(scope="session")
def kafka(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Broker]:
    """A Kafka for the whole session; `is_apache` is false on the embedded look-alike."""
    ladder = request.config.stash[LADDER]
    try:
        broker = ladder.start(tmp_path_factory.mktemp("kafka"))
    except NotAvailable as why:
        if ladder.forced:
            pytest.fail(f"TEST_KAFKA={ladder.forced}: {why}", pytrace=False)
        _skip(request, "kafka", str(why))
        raise AssertionError("unreachable") from why
    log = f", log {broker.log}" if broker.log else ""
    request.config.stash[STARTED].append(f"{broker.name}, ready in {broker.ready_s:.1f} s{log}")
    try:
        yield broker
    finally:
        ladder.stop()


@pytest.fixture(scope="session")
def kafka_tools(kafka: Broker) -> KafkaTools:
    """The test's own producer, reader and look at groups."""
    return KafkaTools(kafka.brokers)


@pytest.fixture
def topics(kafka_tools: KafkaTools) -> Iterator[Topics]:
    """Names of this test alone; topics made under its prefix are removed afterwards."""
    names = Topics.unique()
    yield names
    kafka_tools.delete_topics_of(names)


@pytest.fixture(scope="session")
def _postfix(request: pytest.FixtureRequest) -> Iterator[Postfix]:
    if why := Postfix.why_not():
        _skip(request, "postfix", why)
    with Postfix() as server:
        yield server


@pytest.fixture
def postfix(_postfix: Postfix) -> Postfix:
    """A real Postfix that keeps every mail it accepts; empty at the start of each test."""
    _postfix.clear()
    return _postfix


@pytest.fixture(scope="session")
def _submission(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Submission]:
    if why := Postfix.why_no_users():
        _skip(request, "postfix with passwords", why)
    with Submission(tmp_path_factory.mktemp("submission")) as server:
        yield server


@pytest.fixture
def submission(_submission: Submission) -> Submission:
    """A real Postfix with TLS and passwords, a port for each set of extensions; empty at first."""
    _submission.clear()
    return _submission


@pytest.fixture
def smtp_sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sinks.SmtpSink]:
    """Postfix's own sink: accepts everything at full speed."""
    if why := sinks.SmtpSink.why_not():
        _skip(request, "smtp-sink", why)
    with sinks.SmtpSink(tmp_path / "smtp-sink") as sink:
        yield sink


@pytest.fixture(scope="session")
def cpython_mails(request: pytest.FixtureRequest) -> list[bytes]:
    """The mails that CPython's own tests of its email package read, broken ones among them."""
    try:
        folder = resources.files("test.test_email") / "data"
        mails = [each.read_bytes() for each in folder.iterdir() if each.name.endswith(".txt")]
    except (ModuleNotFoundError, OSError):
        mails = []
    if not mails:
        _skip(request, "CPython's mails", "this interpreter is installed without its tests")
    return sorted(mails)


@pytest.fixture(scope="session")
def _redis_server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    if why := RedisServer.why_not():
        _skip(request, "redis-server", why)
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_server(_redis_server: RedisServer) -> RedisServer:
    """A real Redis that asks for a password; running and empty at the start of each test."""
    _redis_server.renew()
    return _redis_server


@pytest.fixture
def promtool(request: pytest.FixtureRequest) -> Promtool:
    """Prometheus' tool."""
    if why := Promtool.why_not():
        _skip(request, "promtool", why)
    return Promtool()


@pytest.fixture
def prometheus_installed(request: pytest.FixtureRequest) -> None:
    """A test that asks for this runs a Prometheus."""
    if why := Prometheus.why_not():
        _skip(request, "prometheus", why)


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A real browser, of one file of tests alone: see `aside`."""
    if why := Browser.why_not():
        _skip(request, "chromium", why)
    with Browser() as browser:
        yield browser
