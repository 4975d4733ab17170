"""A page that stays open while its visitor's rights change."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import expect

from domain.access import Role
from store.users import change_user, find_user
from tests.console.conftest import Console
from tests.console.site import Site


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
        search.fill(address.partition("@")[0])
        expect(window).to_have_url(re.compile("/sign-in"))
        expect(window.locator(link)).to_have_count(0)
        expect(pool).to_have_url(re.compile("/sign-in"))
    finally:
        change(disabled=False, role=Role.MANAGER, rep="mgr-world")
