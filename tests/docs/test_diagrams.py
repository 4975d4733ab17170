"""Diagrams are code that nobody runs: one with a slip shows its reader an error instead."""

from __future__ import annotations

import re
from pathlib import Path

import nicegui
from playwright.sync_api import Route, sync_playwright

from tests.support.browser import chromium
from tests.support.source_files import shown, written_files

# The console's library brings it along; pages come from a host that is not there.
MERMAID = Path(nicegui.__file__).parent / "elements" / "mermaid" / "dist"
HOST = "http://diagrams.example"
PARSE = """async (code) => {
    const { mermaid } = await import("/index.js");
    return mermaid.parse(code).then(() => "", (error) => String(error));
}"""


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(f"{HOST}/")
    if name:
        route.fulfill(path=MERMAID / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")


def test_every_diagram_can_be_drawn() -> None:
    diagrams = [
        (shown(page), code)
        for page in written_files()
        if page.suffix == ".md"
        for code in re.findall(r"^```mermaid\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        tab = browser.new_page()
        tab.route(f"{HOST}/**", _serve)
        tab.goto(f"{HOST}/")
        wrong = {
            f"{page}: {code.splitlines()[0]}": error
            for page, code in [*diagrams, ("broken", "flowchart LR\n a --> ((b")]
            if (error := tab.evaluate(PARSE, code))
        }
        browser.close()

    assert len(diagrams) > 4
    assert list(wrong) == ["broken: flowchart LR"], wrong
