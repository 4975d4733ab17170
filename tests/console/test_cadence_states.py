"""Cadences paused, archived and begun from others, in the browser."""

from __future__ import annotations

from playwright.sync_api import expect

from store.published.cadences import enterable_cadences
from tests.console.conftest import Console
from tests.support.web_app import Site


def test_a_cadence_is_begun_from_another_paused_and_archived(console: Console, site: Site) -> None:
    """Marketing would ask somebody with a terminal to stop an offer that is over, or to begin one
    like the last; and a cadence that nobody uses any more would be offered for ever."""
    window = console("marketing")
    window.goto("/console/cadences")
    window.get_by_role("link", name="Start from another").click()
    window.get_by_role("button", name="Start from Win back who went quiet").click()
    dialog = window.get_by_role("dialog")
    dialog.get_by_label("Name").fill("shelf-quiet")
    dialog.get_by_text("Copy its mails too").click()
    dialog.get_by_role("button", name="Make a copy").click()
    window.wait_for_url("**/cadences/shelf-quiet/edit")
    expect(window.locator(".cm-content")).to_contain_text(
        "email: shelf-quiet-reentry-1-what-changed"
    )
    expect(window.locator(".code ~ [role=status]")).not_to_be_empty()
    window.get_by_role("button", name="Publish").click()
    window.get_by_role("button", name="Publish now").click()
    expect(window.get_by_text("Version 1").first).to_be_visible()

    window.goto("/console/cadences/shelf-quiet")
    window.get_by_role("button", name="Rename").click()
    window.get_by_role("dialog").get_by_label("Title").fill('Quiet: "again"')
    window.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(window.get_by_role("heading", name='Quiet: "again"').first).to_be_visible()
    window.get_by_role("button", name="Pause", exact=True).click()
    window.get_by_role("dialog").get_by_role("button", name="Pause", exact=True).click()
    expect(window.get_by_text("Paused. Its mails and tasks wait")).to_be_visible()
    window.get_by_role("button", name="Resume", exact=True).click()
    expect(window.get_by_text("Paused. Its mails and tasks wait")).to_have_count(0)
    window.get_by_role("button", name="Archive", exact=True).click()
    window.get_by_role("dialog").get_by_role("button", name="Archive", exact=True).click()
    expect(window.get_by_text("Archived. Nobody enters it any more.")).to_be_visible()
    with site.database.connect() as connection:
        assert "shelf-quiet" not in enterable_cadences(connection)
    window.goto("/console/cadences")
    expect(window.get_by_role("link", name='Quiet: "again"', exact=True)).to_have_count(0)
    window.get_by_role("link", name="1 archived cadence").click()
    window.get_by_role("link", name='Quiet: "again"', exact=True).click()
    window.get_by_role("button", name="Unarchive", exact=True).click()
    expect(window.get_by_role("button", name="Pause", exact=True)).to_be_visible()


def test_a_cadence_that_a_policy_names_is_not_archived(console: Console) -> None:
    """Leads that come back from recycle would be sent into a cadence that nobody enters."""
    window = console("marketing")
    window.goto("/console/cadences/recycle-reentry")
    window.get_by_role("button", name="Archive", exact=True).click()
    expect(window.get_by_role("dialog")).to_contain_text("recycle-reentry can't be archived yet.")
    expect(window.get_by_role("dialog").get_by_role("link", name="recycle")).to_be_visible()
