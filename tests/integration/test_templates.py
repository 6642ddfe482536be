"""Templates of one's own in the running service: broken, mended, and without end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import orjson

from tests.support.services import Services, without_servers
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.topics import Topics

ENDLESS = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"


def write(folder: Path, name: str, source: str) -> None:
    """As if it had been there for a while, so that it counts as wholly written."""
    path = folder / name
    path.write_text(source)
    os.utime(path, (len(source), len(source)))


def news(number: int, template: str = "news") -> dict[str, object]:
    return {"id": f"m-{number}", "to": f"m-{number}@example.com", "template": template}


def test_mail_flows_while_a_template_is_broken_and_health_says_which(
    tmp_path: Path, services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    write(folder, "news.txt.j2", "good")
    write(folder, "news.subject.j2", "News")
    write(folder, "endless.txt.j2", ENDLESS)
    write(folder, "endless.subject.j2", "s")
    kafka_tools.create_topic(topics.queue, 1)
    env = {"EMAIL_TEMPLATES": str(folder), "EMAIL_FROM": "mail@shop.example"}
    with services.to(postfix.port, **env) as service:
        service.wait_ready()
        assert service.issues() == {}
        write(folder, "news.txt.j2", "better, but\n{% if %}")
        wait_until(service.issues, "health tells of the template")
        assert "news.txt.j2, line 2" in service.issues()["template_broken"]
        kafka_tools.produce(topics.queue, [news(1), news(2, "endless"), news(3)])
        results = [
            orjson.loads(each.value or b"")
            for each in kafka_tools.wait_for_records(topics.results, 3, within=40)
        ]
        assert {each["id"]: each["status"] for each in results} == {
            "m-1": "delivered",
            "m-2": "dead",
            "m-3": "delivered",
        }
        (dead,) = [each for each in results if each["status"] == "dead"]
        assert dead["error_kind"] == "invalid_message"
        assert "'endless' cannot be rendered: it takes more than" in dead["reply"]
        assert all("good" in mail.message.get_content() for mail in postfix.wait_for(2))
        write(folder, "news.txt.j2", "better")
        wait_until(lambda: service.issues() == {}, "health says nothing any more")


def test_a_template_that_is_broken_at_start_is_told_and_nothing_starts(tmp_path: Path) -> None:
    write(tmp_path, "news.txt.j2", "\n{% if %}")
    with without_servers(tmp_path, EMAIL_TEMPLATES=str(tmp_path)) as service:
        assert service.wait(20) == 1
    assert "EMAIL_TEMPLATES: news.txt.j2, line 2: Expected an expression" in service.output
    assert "Traceback" not in service.output
