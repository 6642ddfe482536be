"""The operator's console as it is tried: its service, a relay that refuses by name, its keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.browser import aside
from tests.support.mails import flat
from tests.support.operator import TOKEN

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.kafka_tools import KafkaTools, Produced
    from tests.support.relay_thread import RelayThread
    from tests.support.service import Service
    from tests.support.smtp_session import Session
    from tests.support.topics import Topics

MOST_TABS = 120


@dataclass
class Refusing:
    """Answers RCPT with the words for whoever is in `words`, by the part before the @."""

    words: dict[str, str] = field(default_factory=dict)

    async def perform(self, session: Session) -> None:
        address = session.commands[-1].partition("<")[2].partition(">")[0]
        said = self.words.get(address.partition("@")[0])
        if said is None and session.mail is not None:
            session.mail.recipients.append(address)
        await session.write((said or "250 2.1.5 ok").encode() + b"\r\n")


@dataclass
class Scene:
    """One service for the whole file; each test has mails of its own."""

    service: Service
    relay: RelayThread
    refusing: Refusing
    tools: KafkaTools
    topics: Topics

    def mail(self, name: str, **fields: Any) -> None:
        """Send it off."""
        self.produce(flat(0, id=name, to=f"{name}@example.com", **fields))

    def produce(self, *records: Produced | dict[str, Any]) -> None:
        aside(lambda: self.tools.produce(self.topics.queue, records))

    def refused(self, name: str, words: str = "550 5.7.1 not today", **fields: Any) -> None:
        """Send a mail that becomes a dead letter."""
        self.refusing.words[name] = words
        self.mail(name, **fields)
        self.service.wait_for(
            lambda: any(one["id"] == name for one in self.service.named("email.dead")),
            f"{name} is dead",
        )


def sign_in(page: Page, token: str = TOKEN) -> None:
    page.get_by_label("Token (OPS_TOKEN)").fill(token)
    page.keyboard.press("Enter")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus, and see that it shows."""
    pattern = re.compile(name)
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        there = page.evaluate(
            "() => { const e = document.activeElement;"
            " return [(e.labels?.[0]?.textContent ?? e.textContent ?? '').trim(),"
            " getComputedStyle(e).outlineStyle] }"
        )
        if pattern.search(there[0]):
            assert there[1] != "none", f"the focus on {there[0]} cannot be seen"
            return
    raise AssertionError(f"no key leads to {name}")
