"""The operator's console in a real browser, on the real service with a relay that refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.accessibility import CONTRAST, NAMELESS
from tests.support.browser import aside
from tests.support.console import Refusing, Scene, sign_in, tab_to
from tests.support.kafka_tools import Produced
from tests.support.mails import flat
from tests.support.operator import TOKEN
from tests.support.relay_thread import RelayThread
from tests.support.service import Service
from tests.support.services import Services
from tests.support.topics import Topics
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page, Request

    from tests.support.backends import Broker
    from tests.support.browser import Browser
    from tests.support.kafka_tools import KafkaTools


OWNED = "self.owned=1"


SCRIPT = f"<script>{OWNED}</script>"


HOSTILE = f"\"><img src=x onerror={OWNED}>{SCRIPT}'{{{{7*7}}}}"


@pytest.fixture(scope="module")
def scene(
    browser: Browser,
    kafka: Broker,
    kafka_tools: KafkaTools,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scene]:
    topics = Topics.unique()
    aside(lambda: kafka_tools.create_topic(topics.queue, 2))
    refusing = Refusing()
    with RelayThread() as relay:
        relay.server.always("RCPT", refusing)
        services = Services(tmp_path_factory.mktemp("console"), kafka.brokers, topics)
        with services.to(relay.port, OPS_TOKEN=TOKEN, RETRY_DELAYS="5m") as service:
            yield Scene(service.wait_ready(), relay, refusing, kafka_tools, topics)
    aside(lambda: kafka_tools.delete_topics_of(topics))


@pytest.fixture
def page(scene: Scene, browser: Browser) -> Iterator[Page]:
    """At the console, not signed in; anything wrong that the browser tells fails the test."""
    page = browser.page(scene.service.url)
    wrong: list[str] = []

    def strange(request: Request) -> None:
        if not request.url.startswith(scene.service.url):
            wrong.append(request.url)

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
    # What a page's or a mail's policy blocks is never sent.
    page.on("requestfailed", lambda one: None if one.failure == "csp" else strange(one))
    page.on("requestfinished", strange)
    page.goto("/")
    yield page
    page.context.close()
    assert not wrong


def test_by_keyboard_alone_an_operator_sees_a_failure_and_replays_it(
    scene: Scene, page: Page
) -> None:
    expect(page.get_by_label("Token (OPS_TOKEN)")).to_be_focused()
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("#live-text")).to_have_text("live")
    scene.refused("order-1", "550 5.7.1 blocked by policy, ask postmaster")

    failures = page.locator("#failures")
    expect(failures).to_contain_text("blocked by policy, ask postmaster")
    expect(failures).to_contain_text("o***@example.com")
    expect(failures).not_to_contain_text("order-1@example.com")
    tab_to(page, "The error says")
    page.keyboard.type("ask postmaster")
    page.keyboard.press("Enter")
    expect(page.locator("#letters-sum")).to_contain_text("1 letter matches")
    tab_to(page, "order-1")
    page.keyboard.press("Enter")
    letter = page.get_by_role("dialog", name="order-1")
    expect(letter).to_contain_text("order-1@example.com")
    expect(letter).to_contain_text("This is message 0.")

    del scene.refusing.words["order-1"]
    tab_to(page, "^Replay$")
    page.keyboard.press("Enter")
    wait_until(lambda: "order-1@example.com" in scene.relay.recipients, "the mail arrives")
    expect(page.locator("#work-text")).to_have_text("Replay done: 1 replayed")
    expect(page.locator("#letters li").first).to_contain_text("replayed")
    expect(page.locator("#said")).to_contain_text("Replay done")


def test_all_that_match_are_replayed_after_a_question(scene: Scene, page: Page) -> None:
    sign_in(page)
    for number in range(3):
        scene.refused(f"batch-{number}", "550 5.7.1 full moon", type="batch")
    scene.refused("another", "550 5.7.1 full moon", type="other")
    page.get_by_label("Type", exact=True).fill("batch")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#letters-sum")).to_contain_text("3 letters match")
    page.get_by_role("button", name="Replay those that match").click()
    question = page.get_by_role("dialog", name="Replay 3 letters?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    expect(page.locator("#work")).to_be_hidden()

    scene.refusing.words.clear()
    page.get_by_role("button", name="Replay those that match").click()
    question.get_by_role("button", name="Replay", exact=True).click()
    expect(page.locator("#work-text")).to_have_text("Replay done: 3 replayed")
    wait_until(
        lambda: {f"batch-{n}@example.com" for n in range(3)} <= {*scene.relay.recipients},
        "all arrive",
    )
    assert "another@example.com" not in scene.relay.recipients


def test_without_the_token_nothing_of_mails_is_shown(scene: Scene, page: Page) -> None:
    scene.refused("secret-order", subject="Your secret order")
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
    expect(page.locator("#status")).to_have_attribute("data-state", "ok")
    sign_in(page, "not-the-token")
    expect(page.get_by_role("alert")).to_have_text("this is not the token")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
    assert page.locator("#main").is_hidden()
    assert "secret-order" not in page.content()
    assert page.evaluate("sessionStorage.length") == 0

    sign_in(page)
    expect(page.locator("#letters")).to_contain_text("secret-order")
    page.reload()
    expect(page.locator("#letters")).to_contain_text("secret-order")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
    assert "secret-order" not in page.content()


def test_where_no_token_is_configured_it_says_so(
    scene: Scene, browser: Browser, tmp_path: Path
) -> None:
    """Before Kafka is reached, too."""
    env = {"KAFKA_BROKERS": "127.0.0.1:1", "SMTP_HOST": "127.0.0.1"}
    with Service(tmp_path, env) as service:
        service.wait_for(lambda: service.health("/health/live") is not None, "it answers")
        page = browser.page(service.url)
        page.goto("/")
        expect(page.locator("#notice")).to_contain_text("no token is configured (OPS_TOKEN)")
        assert page.locator("#main").is_hidden()
        page.context.close()


def test_what_strangers_write_is_text_and_does_nothing(scene: Scene, page: Page) -> None:
    """Ids, types, subjects, template names, headers' names, replies, and a mail's own HTML."""
    html = (
        f"<h1>Dear you</h1><script>{OWNED}</script><img src=x onerror='{OWNED}'>"
        f"<svg onload='{OWNED}'></svg><iframe srcdoc='<script>parent.{OWNED}</script>'></iframe>"
        "<meta http-equiv=refresh content='0;url=https://evil.example/'>"
        "<link rel=stylesheet href=https://evil.example/a.css>"
        "<img src=https://evil.example/pixel.gif><form action=https://evil.example/><button>go"
        "</button></form><a target=_top href=https://evil.example/>away</a>"
    )
    message = flat(0, id=f"id{HOSTILE}", to="victim@example.com", type=f"type{HOSTILE}")
    message |= {"subject": f"subject{HOSTILE}", "html": html}
    scene.refusing.words["victim"] = f"550 5.7.1 reply{HOSTILE}"
    headers = [(f"name{HOSTILE}", f"value{HOSTILE}".encode())]
    no_such = flat(1, id="no-such-template", template=f"template{HOSTILE}")
    scene.produce(Produced(message, headers=headers), no_such)
    scene.service.wait_for(
        lambda: any(HOSTILE in one["id"] for one in scene.service.named("email.dead")), "it is dead"
    )
    sign_in(page)
    expect(page.locator("#failures")).to_contain_text(f"reply{HOSTILE}")
    for summary in page.locator("#failures details:not([open]) summary").all():
        summary.click()
    expect(page.locator("#failures")).to_contain_text(f"id{HOSTILE}")
    expect(page.locator("#letters")).to_contain_text(f"id{HOSTILE}")
    page.locator("#letters button", has_text="must be a template's name").click()
    expect(page.locator("#letter-body pre")).to_contain_text(SCRIPT)
    page.keyboard.press("Escape")

    page.locator("#letters button", has_text=f"id{HOSTILE}").click()
    body = page.locator("#letter-body")
    for summary in body.locator("summary").all():
        summary.click()
    for words in ("type", "subject", "reply", "name", "value"):
        expect(body).to_contain_text(f"{words}{HOSTILE}")
    mail = page.frame_locator("#letter-body iframe")
    expect(mail.get_by_role("heading", name="Dear you")).to_be_visible()
    assert page.locator("iframe").get_attribute("sandbox") == ""
    frame = page.locator("iframe").get_attribute("src")
    answer = page.request.get(f"/{frame}")
    assert "sandbox; default-src 'none'" in answer.headers["content-security-policy"]
    mail.get_by_text("away").click()

    assert page.evaluate("self.owned") is None
    assert page.locator("img, script:not([src]), object, embed, base").count() == 0
    assert page.url == f"{scene.service.url}/"
    assert (
        page.evaluate(
            "() => { try { document.body.innerHTML = '<b>x</b>'; return 'taken' }"
            " catch (error) { return error.name } }"
        )
        == "TypeError"
    )


def test_workers_relays_and_sending_are_steered(scene: Scene, page: Page) -> None:
    sign_in(page)
    page.get_by_label("Workers wanted").fill("4")
    page.get_by_role("button", name="Resize").click()
    expect(page.locator("#workers-sum")).to_contain_text("of 4 workers")
    expect(page.locator("#cells i")).to_have_count(4)

    relay = page.locator("#relays li").first
    relay.get_by_role("button", name="Pause").click()
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(relay).to_contain_text("paused")
    expect(page.locator("#issues")).to_contain_text("an operator has paused it")
    relay.get_by_role("button", name="Resume").click()
    expect(relay).to_contain_text("well")
    expect(page.locator("#issues")).to_be_hidden()

    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(page.locator("#status-text")).to_have_text("down: paused")
    expect(page.locator("#issues")).to_contain_text("Resume when the reason is gone")
    scene.mail("waits")
    expect(page.locator("#tiles")).to_contain_text("1 queued")
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.locator("#status-text")).to_have_text("ok")
    wait_until(lambda: "waits@example.com" in scene.relay.recipients, "it is sent")


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
def test_it_can_be_read_and_used_by_everybody(
    scene: Scene, browser: Browser, scheme: str, width: int
) -> None:
    """Contrast as computed, a name for each control, one line of reading, no sideways scrolling."""
    scene.refused(f"read-{scheme}-{width}", "550 5.7.1 " + "a-word-without-any-end" * 12)
    size = {"width": width, "height": 900}
    page = browser.page(scene.service.url, color_scheme=scheme, viewport=size)
    page.goto("/")
    assert page.evaluate(CONTRAST) == []
    sign_in(page)
    expect(page.locator("#letters li").first).to_be_visible()
    expect(page.locator("#failures li").first).to_be_visible()
    for step in ("the page", "a letter", "a question"):
        if step == "a letter":
            page.locator("#letters button").first.click()
            expect(page.locator("#letter-body .pairs").first).to_be_visible()
        elif step == "a question":
            page.keyboard.press("Escape")
            page.get_by_role("button", name="Drain").click()
        assert page.evaluate(CONTRAST) == [], step
        assert page.evaluate(NAMELESS) == [], step
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, step
    landmarks = ("header", "main", "footer", "h1")
    assert {name: page.locator(name).count() for name in landmarks} == dict.fromkeys(landmarks, 1)
    assert page.locator("[aria-live], [role=status]").count() == 1
    page.context.close()
