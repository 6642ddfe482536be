"""The console's files as they are served."""

from __future__ import annotations

import re

import httpx
import pytest

from app.domain.outcome import ErrorKind
from app.ops.console_page import FOLDER
from tests.support.waiting import run
from tests.unit.ops.desks import whole_app
from tests.unit.ops.sights import TOKEN

FILES = sorted(each.name for each in FOLDER.iterdir() if each.is_file())


def got(path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(whole_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://ops") as client:
            return await client.request(method, path, headers=headers)

    return run(main())


def test_the_page_needs_no_token_and_allows_nothing_from_elsewhere() -> None:
    page = got("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_served_and_names_nothing_outside(name: str) -> None:
    path = "/" if name == "index.html" else f"/console/{name}"
    answer = got(path)
    assert answer.content == (FOLDER / name).read_bytes()
    assert answer.headers["content-type"].split(";")[0] in {
        "text/html",
        "text/css",
        "text/javascript",
        "image/svg+xml",
    }
    outside = set(re.findall(r"https?://[^\s\"')]+", answer.text)) - {"http://www.w3.org/2000/svg"}
    assert not outside
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=\"", answer.text)
    assert "innerHTML" not in answer.text


def test_what_the_browser_has_already_is_not_sent_again() -> None:
    tag = got("/console/main.js").headers["etag"]
    for known in (tag, f'"other", W/{tag}'):
        again = got("/console/main.js", **{"if-none-match": known})
        assert again.status_code == 304
        assert not again.content
        assert tag == again.headers["etag"]
        assert again.headers["cache-control"] == "no-cache"
    assert got("/console/main.js", **{"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["index.html.bak", "..%2fserver.py", "%2e%2e/server.py", ""])
def test_nothing_else_is_served(path: str) -> None:
    assert got(f"/console/{path}").status_code == 404


def test_dead_letters_can_be_searched_by_every_kind() -> None:
    kinds = re.search(r"const KINDS = \[(.*?)\]", (FOLDER / "letters.js").read_text(), re.DOTALL)
    assert kinds is not None
    assert {*ErrorKind} == {*re.findall(r'"(\w+)"', kinds[1])}


def test_events_need_the_token_and_say_what_they_are() -> None:
    assert got("/events").status_code == 401
    events = got("/events", authorization=f"Bearer {TOKEN}")
    assert events.headers["content-type"].startswith("text/event-stream")
    assert events.text.startswith('event: glance\ndata: {"health":')
    assert events.headers["cache-control"] == "no-store"
    head = got("/events", "HEAD", authorization=f"Bearer {TOKEN}")
    assert (200, b"") == (head.status_code, head.content)
