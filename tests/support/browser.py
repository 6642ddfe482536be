"""A real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, TypeVar

from playwright.sync_api import Playwright, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PATIENCE_MS = 15_000

T = TypeVar("T")


class Browser:
    """A context manager; each `page` has a context of its own, without anything stored."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None

    @staticmethod
    def why_not() -> str | None:
        """What stands against running it here, None when nothing does."""
        return None if _executable() else "not installed"

    def __enter__(self) -> Self:
        self._playwright = sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(
            executable_path=_executable(), args=list(OPTIONS)
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._chromium is not None:
            self._chromium.close()
        if self._playwright is not None:
            self._playwright.stop()

    def page(self, url: str, **options: Any) -> Page:
        """A page that is there already; its relative paths begin at `url`."""
        if self._chromium is None:
            raise RuntimeError("the browser was not started")
        page = self._chromium.new_context(base_url=url, **options).new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page


def aside(call: Callable[[], T]) -> T:
    """What it gives, called in another thread: in this one Playwright has its loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


def _executable() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)
