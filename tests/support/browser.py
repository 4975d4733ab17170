"""Headless Chromium for the console's tests, through Playwright's sync API."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from store.access.sessions import COOKIE

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
PATIENCE = 60_000
"""Milliseconds until something on a page is missing: machines that test are busy."""
expect.set_options(timeout=PATIENCE)


def chromium() -> str:
    """Path of the browser; where there is none, the test is skipped."""
    path = next(filter(None, map(shutil.which, PROGRAMS)), "")
    if not path:
        pytest.skip("There is no Chromium: install it (on Debian, the package chromium).")
    return path


class Windows:
    """A browser. Between tests it sleeps: awake, it makes asyncio believe that a loop is running,
    and no test with a loop of its own could run on this thread."""

    def __init__(self, playwright: Playwright, browser: Browser) -> None:
        self._playwright = playwright
        self._browser = browser
        self._loop = asyncio.get_running_loop()

    @contextmanager
    def awake(self) -> Iterator[Desk]:
        """For the time of a test; its windows are closed at the end."""
        asyncio._set_running_loop(self._loop)
        desk = Desk(self._browser)
        try:
            yield desk
        finally:
            desk.clear()
            asyncio._set_running_loop(None)

    def close(self) -> None:
        """Close the browser."""
        asyncio._set_running_loop(self._loop)
        try:
            self._browser.close()
            self._playwright.stop()
        finally:
            asyncio._set_running_loop(None)


class Desk:
    """What one test has open, and what went wrong in it."""

    def __init__(self, browser: Browser) -> None:
        self.complaints: list[str] = []
        """Uncaught errors of pages, and errors on their consoles."""
        self._browser = browser
        self._open: list[BrowserContext] = []

    def open(self, base: str, token: str, *, phone: bool, dark: bool, script: bool = True) -> Page:
        """A window in which somebody is signed in, or with the token '' nobody.

        Args:
            script: whether pages may run any.
        """
        context = self._browser.new_context(
            base_url=base,
            viewport=PHONE if phone else DESK,
            has_touch=phone,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            timezone_id="Europe/London",
            accept_downloads=True,
            java_script_enabled=script,
        )
        self._open.append(context)
        if token:
            context.add_cookies([{"name": COOKIE, "value": token, "url": base}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._listen(page, said))
        return page

    def clear(self) -> None:
        """Close all windows. Once in ten thousand times Chromium never says that it has closed one:
        that one stays until the browser ends."""
        for context in self._open:
            with suppress(TimeoutError):
                context._sync(asyncio.wait_for(context._impl_obj.close(None), PATIENCE / 1000))

    def _listen(self, page: Page, said: ConsoleMessage) -> None:
        # That the page itself is a 403 or 404 is for the test to judge.
        if said.type == "error" and said.location.get("url") != page.url:
            self.complaints.append(f"{page.url}: {said.text}")


def open_browser() -> Windows:
    """Start Chromium; :meth:`Windows.close` ends it."""
    path = chromium()
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
    windows = Windows(playwright, browser)
    asyncio._set_running_loop(None)
    return windows
