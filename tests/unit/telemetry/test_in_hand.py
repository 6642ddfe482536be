"""Lines about a message name it."""

from __future__ import annotations

import logging
from pathlib import Path

from app.domain.record import Origin
from app.telemetry.in_hand import in_hand
from tests.unit.telemetry.capture import captured

ORIGIN = Origin("email-queue", 0, 17)


def test_every_line_that_is_logged_with_a_message_in_hand_has_its_origin() -> None:
    with captured("debug") as log:
        with in_hand(ORIGIN):
            logging.getLogger("app.relay").debug("asked")
            logging.getLogger("aiosmtplib").warning("odd")
        logging.getLogger("app.relay").debug("idle")

    assert [each.get("origin") for each in log.events] == [*(["email-queue/0/17"] * 2), None]


def test_an_exception_with_a_message_in_hand_has_its_place_and_its_causes_and_no_words() -> None:
    with captured() as log, in_hand(ORIGIN):
        try:
            try:
                int("canary-1")
            except ValueError as error:
                raise RuntimeError("canary-2") from error
        except RuntimeError:
            logging.getLogger("app.pipeline").exception("deciding failed")

    told = log.event["exception"]
    assert told.index("ValueError") < told.index("RuntimeError")
    assert "test_in_hand.py" in told
    assert "canary" not in told.replace('int("canary-1")', "").replace(
        'RuntimeError("canary-2")', ""
    )


def test_an_exception_without_a_message_keeps_its_words() -> None:
    with captured() as log:
        try:
            Path("/nowhere/at all").read_text(encoding="utf-8")
        except OSError:
            logging.getLogger("app.state").exception("following failed")

    assert "No such file or directory: '/nowhere/at all'" in log.event["exception"]
