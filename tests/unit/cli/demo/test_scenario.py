"""The demo's mails are what their titles say, by the service's own judgement."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
import pytest

from app.cli.demo.picture import banner_png
from app.cli.demo.scenario import Scene, scenario
from app.domain.errors import InvalidMessage
from app.domain.record import Record
from app.intake.decode import Decoder, DecoderConfig

if TYPE_CHECKING:
    from app.domain.message import Message

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def decoded(scene: Scene) -> Message:
    record = Record("q", 0, 0, 1_767_355_200_000, None, orjson.dumps(scene.value), ())
    return Decoder(DecoderConfig(max_bytes=1 << 20)).decode(record).message


def test_every_scene_is_valid_but_the_one_that_should_not_be() -> None:
    for scene in scenario(NOW):
        if scene.kind == "invalid_message":
            with pytest.raises(InvalidMessage):
                decoded(scene)
        else:
            decoded(scene)


def test_each_kind_of_mail_is_there() -> None:
    messages = [decoded(scene) for scene in scenario(NOW) if scene.kind != "invalid_message"]

    assert any(one.text and not one.html and not one.template for one in messages)
    assert any(one.html and len(one.attachments) == 2 for one in messages)
    assert any(one.bcc and len(one.recipients) > 2 for one in messages)
    assert any(one.priority == "high" for one in messages)
    assert any(one.send_at and one.send_at > NOW for one in messages)
    assert any("message" in scene.value for scene in scenario(NOW))


def test_each_built_in_template_is_shown_once() -> None:
    used = [
        template.replace("_", "-")
        for scene in scenario(NOW)
        if scene.kind is None and (template := decoded(scene).template)
    ]

    assert sorted(used) == [
        "notification",
        "order-confirmation",
        "password-reset",
        "plain",
        "welcome",
    ]


def test_titles_are_unique_and_fit_their_column() -> None:
    titles = [scene.title for scene in scenario(NOW)]

    assert len(set(titles)) == len(titles)
    assert max(map(len, titles)) <= 27


def test_the_picture_is_a_png() -> None:
    assert banner_png().startswith(b"\x89PNG\r\n\x1a\n")
    assert banner_png().endswith(b"IEND\xaeB`\x82")
