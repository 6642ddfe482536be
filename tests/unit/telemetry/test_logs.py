"""The form of everything that is logged."""

from __future__ import annotations

import io
import logging
import re
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from app.telemetry import AddressView, configure_logging, get_logger
from app.telemetry.libraries import LibraryHandler
from app.telemetry.rendering import foreign_formatter, last_steps
from app.telemetry.scrubbing import Scrubber
from app.telemetry.sink import Sink
from tests.unit.telemetry.capture import Captured, captured

if TYPE_CHECKING:
    from app.telemetry import LogFormat


def test_our_events_are_json_lines_with_utc_times() -> None:
    with captured() as log:
        get_logger("app.kafka").warning("kafka.away", seconds=5, broker="b:9092")

    event = log.event
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event.pop("timestamp"))
    assert event == {
        "level": "warning",
        "logger": "app.kafka",
        "event": "kafka.away",
        "seconds": 5,
        "broker": "b:9092",
    }


def test_what_libraries_log_has_the_same_form() -> None:
    with captured() as log:
        logging.getLogger("some.library").error("lost %s after %d s", "it", 3)

    event = log.event
    assert list(event)[:3] == ["timestamp", "level", "logger"]
    assert (event["level"], event["logger"], event["event"]) == (
        "error",
        "some.library",
        "lost it after 3 s",
    )


def test_an_exception_is_one_field_of_one_line() -> None:
    with captured() as log:
        try:
            fail("x")
        except KeyError as error:
            get_logger("app").error("broken", exc_info=error)
            logging.getLogger("library").exception("broken too")

    for event in log.events:
        assert event["exception"].startswith("Traceback")
        assert "KeyError: 'x'" in event["exception"]


def test_levels_below_the_configured_one_are_silent() -> None:
    with captured("warning") as log:
        get_logger("app").info("quiet")
        logging.getLogger("library").info("quiet")
        log.lines.write(logging.INFO, "mail", "quiet", {})

    assert log.text == ""


def test_libraries_are_heard_from_warning_up() -> None:
    with captured("info") as log:
        for name in ("aiokafka.consumer", "uvicorn.error", "asyncio", "mail.log"):
            logging.getLogger(name).info("daily life")
            logging.getLogger(name).warning("trouble")

    assert [event["event"] for event in log.events] == ["trouble"] * 4


def test_at_debug_level_libraries_still_do_not_print_what_they_carry() -> None:
    with captured("debug") as log:
        logging.getLogger("aiokafka.conn").debug("Request: %s", "secret bytes")
        logging.getLogger("aiokafka.conn").info("joined")

    assert [event["event"] for event in log.events] == ["joined"]


def test_what_a_library_repeats_is_said_once() -> None:
    with captured() as log:
        for node in range(50):
            logging.getLogger("aiokafka").error("Unable to connect to node %s", node)
            logging.getLogger("other").error("Unable to connect to node %s", node)

    events = [event for event in log.events if event["logger"] == "aiokafka"]
    assert [event["event"] for event in events] == ["Unable to connect to node 0"]
    assert len(log.events) == 51


def test_a_repetition_tells_how_often_it_was_not_said() -> None:
    now = 0.0
    stream = Captured()
    steps = last_steps(Scrubber(AddressView()), console=False, colors=False)
    handler = LibraryHandler(Sink(stream), foreign_formatter(steps), lambda: now)
    record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, "away", None, None)

    for _ in range(3):
        handler.handle(record)
    now = 60.0
    handler.handle(record)

    assert [event.get("repeated") for event in stream.events] == [None, 3]


def test_many_different_messages_of_a_library_are_all_said() -> None:
    with captured() as log:
        for number in range(1_200):
            logging.getLogger("aiokafka").error(f"odd thing {number}")  # noqa: G004 - as they do

    assert len(log.events) == 1_200


def test_arguments_that_do_not_fit_cost_the_arguments_only() -> None:
    with captured() as log:
        record = logging.LogRecord("library", 40, "", 0, "number %d of %s", ("x",), None)
        log.handler.handle(record)

    assert log.event["event"] == "number %d of %s"


@pytest.mark.parametrize(
    ("form", "terminal", "is_json"),
    [
        ("auto", False, True),
        ("auto", True, False),
        ("json", True, True),
        ("console", False, False),
    ],
)
def test_auto_is_console_on_a_terminal_and_json_otherwise(
    form: LogFormat, terminal: bool, is_json: bool
) -> None:
    with captured("info", form, terminal=terminal) as log:
        get_logger("app").info("hello")

    assert log.text.startswith("{") == is_json
    assert ("\x1b" in log.text) == (terminal and not is_json)


def test_the_console_shows_no_local_variables_and_nothing_empty() -> None:
    with captured("info", "console") as log:
        try:
            fail("x", password="hunter2")
        except KeyError:
            get_logger("app").exception("broken", kind=None, tags=[], code=451)

    assert "KeyError: 'x'" in log.text
    assert "code=451" in log.text
    assert "kind" not in log.text.partition("Traceback")[0]
    assert "tags" not in log.text.partition("Traceback")[0]
    assert log.text.count("hunter2") == 1  # the line of this source, not the variable


def test_configuring_again_replaces_what_was_there() -> None:
    logger = get_logger("app")
    foreign = logging.NullHandler()
    logging.getLogger().addHandler(foreign)
    try:
        with captured() as first, captured("debug") as second:
            logger.debug("after")
            logging.getLogger("library").info("after")

        assert first.text == ""
        assert [event["event"] for event in second.events] == ["after", "after"]
        assert foreign in logging.getLogger().handlers
    finally:
        logging.getLogger().removeHandler(foreign)


@pytest.mark.parametrize(("level", "form"), [("verbose", "json"), ("info", "xml")])
def test_an_unknown_level_or_format_is_refused_naming_what_is_allowed(
    level: str, form: LogFormat
) -> None:
    with pytest.raises(ValueError, match="allowed"):
        configure_logging(level, form)


def test_the_default_stream_is_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)

    with captured():
        configure_logging()
        get_logger("app").info("hello")

    assert '"hello"' in stream.getvalue()


@pytest.mark.parametrize("addresses", ["masked", "hashed"])
def test_no_address_leaves_through_any_door(addresses: str) -> None:
    with captured("info", "json", addresses) as log:
        get_logger("app").error(
            "to ann@example.com", reply="<ann@example.com>", deep=[{"x": ["ann@example.com"]}]
        )
        logging.getLogger("library").error("to %s", "ann@example.com")
        log.lines.write(logging.ERROR, "mail", "x", {"reply": "ann@example.com"})
        try:
            fail("ann@example.com")
        except KeyError:
            get_logger("app").exception("broken", odd={"ann@example.com": object()})

    assert len(log.events) == 4
    assert "ann@" not in log.text


def test_full_addresses_are_shown_when_the_operator_asks() -> None:
    with captured("info", "json", "full") as log:
        get_logger("app").error("to ann@example.com")

    assert log.event["event"] == "to ann@example.com"


def test_what_json_cannot_carry_becomes_text() -> None:
    class Odd:
        @override
        def __repr__(self) -> str:
            return "Odd(ann@example.com)"

    with captured() as log:
        get_logger("app").info("x", odd=Odd(), huge=2**80, bytes=b"\xff", lone="\ud800")

    event = log.event
    assert event["odd"] == "Odd(a***@example.com)"
    assert event["huge"] == pytest.approx(2**80)
    assert event["lone"] == "?"
    assert event["bytes"] == "b'\\xff'"


def test_values_nested_without_end_are_cut_off() -> None:
    endless: list[object] = []
    endless.append(endless)

    with captured() as log:
        get_logger("app").info("x", endless=endless)

    assert log.event["event"] == "x"


def test_a_stream_that_fails_costs_lines_and_nothing_else() -> None:
    with captured() as log:
        log.close()
        get_logger("app").info("lost")
        logging.getLogger("library").error("lost")
        log.lines.write(logging.ERROR, "mail", "lost", {})


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.StringIO()
    stream.close()

    with captured():
        configure_logging("info", "auto", stream)
        get_logger("app").info("lost")


def test_a_stream_that_knows_only_ascii_gets_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    with captured():
        configure_logging("info", "json", stream)
        get_logger("app").info("grüße")

    assert b"gr\\xfc\\xdfe" in raw.getvalue()


def test_lines_of_several_threads_do_not_mix() -> None:
    with captured() as log:
        threads = [
            threading.Thread(target=lambda: [get_logger("app").info("x" * 200) for _ in range(100)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(log.events) == 400


def fail(key: str, password: str = "") -> None:
    raise KeyError(key)
