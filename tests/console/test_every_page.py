"""Every page of the console, for every role, in every theme and on a phone."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from domain.access import ALLOWED, Role
from settings import ROOT
from tests.console.conftest import Console
from tests.support.browser import DESK, PHONE
from tests.support.web_app import Site
from web.console.app import PAGES
from web.console.frame import NAVIGATION
from web.console.pages import ACTIONS

SCREENSHOTS = ROOT / "screenshots"
EVERYTHING: dict[str, object] = {"resultTypes": ["violations"], "iframes": False}
"""All rules, but not for the mails that pages show in frames: those have tests of their own."""
COLOURS = EVERYTHING | {"runOnly": ["color-contrast"]}
"""What a theme alone can spoil."""


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """Path of each page as it is declared, and the same with ids of things that are there.

    Raises:
        KeyError: a page has a place of a name that the table here lacks: add it.
    """
    world = site.world
    version = site.value("SELECT max(id) FROM template_version")
    known = {
        "lead_id": world.selling,
        "account_id": world.account,
        "other_id": world.leads[0],
        "task_id": world.mine[5],
        "meeting_id": world.meetings[world.selling],
        "opportunity_id": world.sales[world.selling],
        "message_id": site.value("SELECT max(id) FROM outbox_message"),
        "mail_id": site.value("SELECT max(id) FROM outbox_message"),
        "import_id": site.value("SELECT max(id) FROM import_run"),
        "endpoint_id": site.value("SELECT min(id) FROM webhook_endpoint"),
        "template_id": version,
        "run_id": site.value("SELECT max(id) FROM enrollment_run"),
        "rep": "rep-2",
        "team": "world",
        "name": "welcome-nurture",
        "cadence": "welcome-nurture",
        "policy": "scoring",
        "template": "welcome-1-checklist",
        "language": "en",
    }
    for module in PAGES:
        importlib.import_module(f"web.console.{module}")
    for path in sorted(ACTIONS):
        places = dict(known)
        if path.startswith("/policies"):
            places["name"] = "scoring"
        if path.startswith("/segments"):
            places["name"] = "gone-quiet"
        if path.startswith("/forms"):
            places["name"] = "demo-request"
        if path.startswith("/templates"):
            places["name"] = "welcome-1-checklist"
        yield path, path.format_map(places)


def test_the_navigation_leads_nowhere_else_than_to_pages(site: Site) -> None:
    """An entry without its page is a dead end; one with another action shows a page to people who
    are then turned away."""
    declared = dict(pages(site))
    places = [place for group in NAVIGATION for place in group.places]

    assert [place.path for place in places if place.path not in declared] == []
    assert [place.path for place in places if place.action != ACTIONS[place.path]] == []


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_its_pages_and_no_other(site: Site, role: Role) -> None:
    """Asked over HTTP, not only hidden from the navigation; nobody who is signed out sees any, nor
    finds one in the cache of a browser or a proxy."""
    found = {}
    wanted = {}
    with site.visit(site.sign_in(role)) as visitor, site.visit("") as stranger:
        for path, address in pages(site):
            allowed = role in ALLOWED[ACTIONS[path]]
            wanted[address] = (200 if allowed else 403, 303)
            answers = [one.get(f"/console{address}") for one in (visitor, stranger)]
            found[address] = (answers[0].status_code, answers[1].status_code)
            assert all("no-store" in one.headers["cache-control"] for one in answers), address

    assert found == wanted


@pytest.mark.parametrize("address", ["/nowhere", "/tasks/abc", "/leads?recycled=maybe"])
def test_an_address_that_leads_nowhere_says_so_and_shows_the_way_back(
    site: Site, address: str
) -> None:
    """A mistyped address, or an old link, must not end in code or in another program's look."""
    with site.visit(site.sign_in(Role.MANAGER)) as visitor:
        answer = visitor.get(f"/console{address}")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert 'href="/console/"' in answer.text


def test_no_page_is_hard_to_read(site: Site, console: Console, pytestconfig: pytest.Config) -> None:
    """What axe-core calls serious or critical, in both themes; a page wider than a phone. With
    ``--pictures`` there are pictures of all pages in ``screenshots/`` afterwards."""
    pictures = bool(pytestconfig.getoption("pictures"))
    wrong = []
    window = console("admin")
    for path, address in pages(site):
        answer = window.goto(f"/console{address}")
        if answer is None or not answer.ok:
            wrong.append(f"{address}: answered {answer.status if answer else 'nothing'}")
            continue
        window.locator("#content").wait_for()
        window.evaluate("document.fonts.ready.then(() => 0)")
        wrong += [f"{address}: {one}" for one in barriers(window, EVERYTHING)]
        if pictures:
            take(window, path, "light")
        window.emulate_media(color_scheme="dark")
        wrong += [f"{address}, dark: {one}" for one in barriers(window, COLOURS)]
        if pictures:
            take(window, path, "dark")
        window.set_viewport_size(PHONE)
        if is_wider_than_its_window(window):
            wrong.append(f"{address}: it is wider than a phone")
        window.emulate_media(color_scheme="light")
        if pictures:
            take(window, path, "phone")
        window.set_viewport_size(DESK)

    assert not wrong, "\n".join(wrong)


def take(window: Page, path: str, way: str) -> None:
    """A picture of the whole page."""
    SCREENSHOTS.mkdir(exist_ok=True)
    name = path.strip("/").replace("/", "-").replace("{", "").replace("}", "") or "home"
    window.screenshot(path=SCREENSHOTS / f"{name}-{way}.png", full_page=True)


def barriers(window: Page, rules: dict[str, object]) -> list[str]:
    """What axe-core finds serious or critical: rule, and where."""
    if window.evaluate("typeof axe === 'undefined'"):
        window.evaluate(Axe().axe_script)
    found = window.evaluate("rules => axe.run(rules)", rules)["violations"]
    return [
        f"{one['id']} at {', '.join(str(node['target'][0]) for node in one['nodes'][:3])}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def is_wider_than_its_window(window: Page) -> bool:
    """Whether one has to scroll sideways."""
    return bool(window.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"))
