"""Segment's and RudderStack's libraries for Node and browsers, unmodified, from their packages."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from store.access.write_keys import create_write_key
from tests.support.browser import chromium
from tests.web.tracking.conftest import Tracker

PACKAGES = (
    "@segment/analytics-node@3",
    "@segment/analytics-next@1",
    "@rudderstack/rudder-sdk-node@3",
    "@rudderstack/analytics-js@3",
)
INSTALL_SECONDS = 240
RUN_SECONDS = 120
TOLD = "SELECT email, first_name, attributes->>'seats' FROM lead ORDER BY 1"
WHO = {"email": "anna@acme.example", "firstName": "Anna", "seats": 40}
NO = {"unsubscribed": True}


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which npm has installed the packages, for all tests of a run."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("npm or node is missing: the JavaScript libraries can't be tried")
    folder = tmp_path_factory.mktemp("libraries")
    quiet = ("--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts")
    try:
        done = subprocess.run(
            [npm, "install", *quiet, *PACKAGES],
            cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not get the packages in time: is its registry away?")
    if done.returncode:
        pytest.skip(f"npm did not get the packages: {done.stderr[-300:]}")
    return folder


def _node(folder: Path, script: str, tracker: Tracker) -> None:
    node = shutil.which("node")
    assert node is not None
    given = json.dumps({"url": tracker.url, "key": tracker.key, "who": WHO, "no": NO})
    done = subprocess.run(
        [node, "-e", f"const given = {given};\n(async () => {{{script}}})()"],
        cwd=folder, capture_output=True, text=True, timeout=RUN_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


NODE = {
    "segment": """
        const { Analytics } = require('@segment/analytics-node');
        const analytics = new Analytics({ writeKey: given.key, host: given.url });
        analytics.on('error', (error) => { console.error(error); process.exitCode = 1; });
        analytics.identify({ userId: '7', traits: given.who });
        analytics.track({ userId: '7', event: 'Signed Up', properties: { plan: 'pro' } });
        analytics.identify({ userId: '7', traits: given.no });
        await analytics.closeAndFlush();
    """,
    "rudderstack": """
        const Analytics = require('@rudderstack/rudder-sdk-node');
        const analytics = new Analytics(given.key, { dataPlaneUrl: given.url });
        analytics.identify({ userId: '7', traits: given.who });
        analytics.track({ userId: '7', event: 'Signed Up', properties: { plan: 'pro' } });
        analytics.identify({ userId: '7', traits: given.no });
        await analytics.flush();
    """,
}


@pytest.mark.parametrize("library", NODE)
def test_a_library_for_node_makes_a_lead_and_keeps_its_no(
    tracker: Tracker, libraries: Path, library: str
) -> None:
    """Whoever comes from Segment or RudderStack changes the address and nothing else."""
    _node(libraries, NODE[library], tracker)

    assert tracker.rows(TOLD) == [("anna@acme.example", "Anna", "40")]
    assert "Signed Up" in tracker.events()
    assert tracker.rows("SELECT email_key FROM suppression") == [("anna@acme.example",)]


SEGMENT = "/node_modules/@segment/analytics-next/dist/umd/index.js"
RUDDERSTACK = "/node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js"
# As docs/tracking.md has them.
BROWSER = {
    "segment with inline settings": (
        SEGMENT,
        """
        const url = new URL(given.url);
        const sent = AnalyticsNext.AnalyticsBrowser.load({
            writeKey: given.key,
            cdnSettings: { integrations: { 'Segment.io': {
                apiKey: given.key, apiHost: `${url.host}/v1`, protocol: url.protocol.slice(0, -1),
            } } },
        });
        """,
    ),
    "segment with cdnURL": (
        SEGMENT,
        """
        const sent = AnalyticsNext.AnalyticsBrowser.load({
            writeKey: given.key, cdnURL: given.url,
        });
        """,
    ),
    "rudderstack": (
        RUDDERSTACK,
        """
        const sent = new rudderanalytics.RudderAnalytics();
        sent.load(given.key, given.url, {
            getSourceConfig: () => ({ source: {
                id: 'perennial', name: 'perennial', writeKey: given.key, enabled: true,
                workspaceId: 'perennial', connections: [], destinations: [], config: {},
            } }),
        });
        """,
    ),
}
CALLS = "sent.identify('7', given.who); sent.track('Demo Requested', { seats: 40 });"


@pytest.fixture
def pages(libraries: Path) -> Iterator[str]:
    """A site of its own, on which the libraries and the pages with them lie."""
    handler = functools.partial(_Quiet, directory=str(libraries))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("library", BROWSER)
def test_a_library_in_a_browser_makes_a_lead(
    tracker: Tracker, libraries: Path, pages: str, library: str
) -> None:
    """A page of another site sends to us: what a preflight must allow, and what the library asks
    for before it sends, is found in a real browser only."""
    source, script = BROWSER[library]
    with tracker.site.database.begin() as connection:
        key = create_write_key(connection, "pages", kind="browser") or ""
    given = json.dumps({"url": tracker.url, "key": key, "who": WHO})
    (libraries / "page.html").write_text(
        f"<!doctype html><title>Shop</title><script src='{source}'></script>"
        f"<script>const given = {given};\n{script}\n{CALLS}</script>",
        encoding="utf-8",
    )
    said: list[str] = []
    # The site's own name leads to the server, and nothing leads out of this machine.
    at = urlsplit(tracker.url).netloc
    rules = f"MAP go.test {at}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", f"--host-resolver-rules={rules}"]
        )
        page = browser.new_page(locale="ko-KR", timezone_id="Asia/Seoul")
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{pages}/page.html")
        _wait(page, tracker)
        browser.close()

    assert tracker.rows(TOLD) == [("anna@acme.example", "Anna", "40")], said
    assert "Demo Requested" in tracker.events(), said
    # RudderStack tells the offset only.
    zone = "Etc/GMT-9" if library == "rudderstack" else "Asia/Seoul"
    assert tracker.rows("SELECT time_zone, language FROM lead") == [(zone, "ko")]


def _wait(page: Any, tracker: Tracker) -> None:
    for _ in range(300):
        if tracker.events() and tracker.rows(TOLD):
            return
        page.wait_for_timeout(100)
