"""A page that stays open while its visitor's rights change."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Route, WebSocketRoute, expect
from playwright.sync_api import TimeoutError as TookTooLong

from domain.access import Role
from embedded.postgres import EmbeddedPostgres
from store.access.users import change_user, find_user
from tests.console.conftest import Console
from tests.health.conftest import frozen
from tests.support.waiting import wait_for
from tests.support.web_app import Site


def test_a_page_left_open_tells_no_more_than_its_visitor_may_see_now(
    site: Site, console: Console
) -> None:
    """Pages look by themselves: somebody who was dismissed, or works for another team now, would
    read on for as long as the window is open."""
    hidden = site.world.leads[0]
    assert site.value("SELECT owner FROM lead WHERE id = :lead", lead=hidden) != "rep-3"
    address = site.value("SELECT email FROM lead WHERE id = :lead", lead=hidden)
    link = f'a[href$="/leads/{hidden}"]'
    window = console("manager", "mgr-world", language="ko")
    window.goto("/console/leads")
    pool = window.context.new_page()
    pool.goto("/console/recycle")

    def change(**values: Any) -> None:
        with site.database.begin() as connection:
            user = find_user(connection, "manager.mgr-world.ko@perennial.example")
            assert user is not None
            change_user(connection, user.id, datetime.now(UTC), **values)

    search = window.get_by_role("searchbox").first
    search.fill(address)
    expect(window.locator(link)).to_have_count(1)
    try:
        change(role=Role.SDR, rep="rep-3")
        # The page may have noticed first.
        with suppress(TookTooLong):
            search.fill(address.partition("@")[0], timeout=1000)
        expect(window).to_have_url(re.compile("/sign-in"))
        expect(window.locator(link)).to_have_count(0)
        expect(pool).to_have_url(re.compile("/sign-in"))
    finally:
        change(disabled=False, role=Role.MANAGER, rep="mgr-world")


def test_what_is_typed_before_the_page_is_connected_arrives_in_order(
    site: Site, console: Console
) -> None:
    """Over a slow line the page would act on half a word, or on one that was corrected."""
    address = site.value("SELECT email FROM lead WHERE id = :lead", lead=site.world.leads[57])
    page = console("admin")
    sockets: list[WebSocketRoute] = []

    def hold(socket: WebSocketRoute) -> None:
        sockets.append(socket)

    page.route_web_socket(re.compile("_nicegui_ws"), hold)
    page.goto(f"/console/admin/erase?who={address}")
    typed = page.get_by_label("The person's address")
    confirm = page.get_by_role("button", name="Erase for good")
    for end in range(len(address) + 1):
        typed.fill(address[:end])
    expect(confirm).to_be_disabled()

    sockets[0].connect_to_server()

    expect(confirm).to_be_enabled()
    expect(typed).to_have_value(address)


def test_what_was_done_is_told_on_the_page_that_shows_it(site: Site, console: Console) -> None:
    """Whoever saves and is told nothing saves again, or never learns who was given a lead."""

    def slowly(route: Route) -> None:
        time.sleep(6)
        route.continue_()

    page = console("sdr")
    page.goto("/console/team/rep-1")
    page.route("**/console/team/rep-1", slowly)
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved; the next mail has it.")).to_be_visible()

    page.unroute_all()
    page.goto("/console/team/rep-2")
    page.goto("/console/team/rep-1")
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    expect(page.get_by_text("Saved; the next mail has it.")).to_have_count(0, timeout=10_000)


def test_nobody_stares_at_a_button_while_the_database_hangs(
    site: Site, console: Console, postgres_server: EmbeddedPostgres
) -> None:
    """People press again what seems to do nothing, or leave and take it for done."""
    page = console("sdr")
    page.goto("/console/team/rep-1")
    button = page.get_by_role("button", name="Take no new leads")
    expect(button).to_be_visible()
    with site.visit(site.sign_in("sdr")) as visitor, frozen(postgres_server.pid):
        begun = time.monotonic()
        button.click()
        expect(page.get_by_text("look again before you repeat it")).to_be_visible(timeout=60_000)
        pressed = time.monotonic() - begun
        status = visitor.get("/console/team/rep-1").status_code
        loaded = time.monotonic() - begun - pressed
    absent = "SELECT NOT present FROM rep WHERE code = 'rep-1'"
    wait_for("takes no new leads", lambda: site.value(absent))
    page.reload()
    page.get_by_role("button", name="Take new leads").click()
    expect(button).to_be_visible()

    assert status == 503
    # The connection itself is given up after 18 seconds.
    assert max(pressed, loaded) < 12
