"""The live preview: made anew after a change, for this machine only, and inert."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from app.cli.render.live import Live, live_page, stamps
from app.cli.render.making import Made, Recipe, make
from app.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Kitchen:
    """A folder with one template, and the mail that is made of it."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "note.html.j2"
        self.data = folder / "data.json"
        self.template.write_text('<html lang="en"><p>Hi {{ name }}</p></html>')
        self.data.write_text('{"name": "Ann"}')
        self.told: asyncio.Queue[Made] = asyncio.Queue()
        settings = load({"email_templates": str(folder)}).settings
        recipe = Recipe("note", data_file=self.data, message={"subject": "Note"})
        self.live = Live(lambda: make(settings, recipe), lambda: stamps(folder, self.data))

    async def after(self, change: Callable[[], Any]) -> Made:
        """What is made after a change."""
        following = asyncio.create_task(self.live.follow(self.told.put_nowait))
        try:
            change()
            return await asyncio.wait_for(self.told.get(), 20)
        finally:
            following.cancel()

    def client(self, host: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=live_page(self.live))
        return httpx.AsyncClient(transport=transport, base_url=f"http://{host}")


@pytest.fixture
def kitchen(tmp_path: Path) -> Kitchen:
    return Kitchen(tmp_path)


def test_a_change_of_the_data_or_the_template_makes_it_anew(kitchen: Kitchen) -> None:
    async def run() -> None:
        made = await kitchen.after(lambda: kitchen.data.write_text('{"name": "Barbara"}'))
        assert "Hi Barbara" in (made.html or "")
        made = await kitchen.after(lambda: kitchen.template.write_text("<p>Bye {{ name }}</p>"))
        assert "Bye Barbara" in (made.html or "")
        assert kitchen.live.version == 3

    asyncio.run(run())


def test_a_break_is_told_and_mended(kitchen: Kitchen) -> None:
    async def run() -> None:
        made = await kitchen.after(lambda: kitchen.template.write_text("<p>{{ name"))
        assert "note.html.j2, line 1" in (made.problem or "")
        made = await kitchen.after(kitchen.data.unlink)
        made = await kitchen.after(lambda: kitchen.template.write_text("<p>Hi</p>"))
        assert "data.json: no such file" in (made.problem or "")

    asyncio.run(run())


def test_the_page_shows_the_mail_inert(kitchen: Kitchen) -> None:
    async def run() -> None:
        async with kitchen.client() as client:
            mail = await client.get("/mail")
            assert "Hi Ann" in mail.text
            assert mail.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
            state = (await client.get("/state")).json()
            assert (state["subject"], state["problem"], state["version"]) == ("Note", None, 1)
            assert len(state["warnings"]) == 1
            for path in ("/", "/page.js", "/page.css"):
                answer = await client.get(path)
                assert answer.status_code == 200
                assert "script-src 'self'" in answer.headers["content-security-policy"]

    asyncio.run(run())


def test_another_sites_name_for_this_machine_is_refused(kitchen: Kitchen) -> None:
    async def run() -> None:
        async with kitchen.client("preview.example.com") as client:
            assert (await client.get("/mail")).status_code == 400

    asyncio.run(run())


def test_whoever_listens_hears_of_each_version(kitchen: Kitchen) -> None:
    async def run() -> None:
        versions = kitchen.live.versions()
        assert await anext(versions) == 1
        coming = asyncio.ensure_future(anext(versions))
        await kitchen.after(lambda: kitchen.data.write_text('{"name": "Barbara"}'))
        assert await asyncio.wait_for(coming, 20) == 2

    asyncio.run(run())
