"""Lists, as people narrow, keep, share, sort and take them out; and the search over everything."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import text

from tests.console.conftest import Console
from tests.support.web_app import Site


def choose(page: Page, field: str, *values: str) -> None:
    """Tick values of a filter."""
    page.get_by_role("button", name=re.compile(f"^{field} ")).click()
    for value in values:
        page.get_by_role("group", name=field).get_by_label(value, exact=True).check()
    page.keyboard.press("Escape")


def test_a_manager_keeps_a_view_shares_it_and_exports_what_it_shows(
    site: Site, console: Console, tmp_path: Path
) -> None:
    """Every Monday the same filters are set anew, and the list is copied by hand into a sheet; or
    the file has other rows than the page."""
    page = console("manager")
    page.goto("/console/leads")
    choose(page, "Stage", "MQL", "SAL")
    expect(page).to_have_url(re.compile(r"stage=mql&stage=sal"))
    choose(page, "Columns", "Phone")
    page.get_by_role("button", name="Score", exact=True).click()
    expect(page.get_by_role("columnheader", name="Score")).to_have_attribute(
        "aria-sort", "descending"
    )
    page.get_by_role("button", name="Save view").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Give it a name.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Monday")
    page.get_by_role("checkbox", name="Share with everybody").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Monday")).to_have_attribute("aria-current", "true")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    expect(page.get_by_text("The file is in your downloads.")).to_be_visible()
    file = tmp_path / "leads.csv"
    download.value.save_as(file)

    found = page.locator(".found").get_by_role("status").inner_text()
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert found == f"{len(rows)} leads"
    assert {row["stage"] for row in rows} == {"mql", "sal"}
    scores = [int(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)

    colleague = console("marketing")
    colleague.goto("/console/leads")
    colleague.get_by_role("link", name=re.compile("Monday by")).click()
    expect(colleague.get_by_role("columnheader", name="Phone")).to_be_visible()
    expect(colleague.locator(".found").get_by_role("status")).to_have_text(found)
    expect(colleague.get_by_role("button", name="Remove view")).to_be_hidden()

    page.get_by_role("button", name="Remove view").click()
    page.locator(".q-dialog").get_by_role("button", name="Remove view").click()
    expect(page.get_by_role("link", name="Monday")).to_have_count(0)


def test_pages_of_sales_are_sorted_by_their_headings(site: Site, console: Console) -> None:
    """A manager copies a list into a sheet to see who has what, or how long it rests."""
    page = console("manager")
    for path, heading in (("recycle", "Since"), ("opportunities", "Owner")):
        page.goto(f"/console/{path}")
        page.get_by_role("button", name=heading, exact=True).click()
        expect(page).to_have_url(re.compile("order=(since|owner)"))
        sorted_by = page.get_by_role("columnheader", name=heading)
        expect(sorted_by).to_have_attribute("aria-sort", re.compile("ending"))
    page.goto("/console/meetings?show_as=list&on=past")
    page.get_by_role("button", name="Rep", exact=True).click()
    expect(page.get_by_role("columnheader", name="Rep")).to_have_attribute("aria-sort", "ascending")


def test_a_lead_is_found_from_anywhere_by_its_number_and_the_keys_are_told(
    site: Site, console: Console
) -> None:
    """A call comes in while another page is open; and keys that nobody knows are pressed by
    nobody."""
    lead = site.world.selling
    with site.database.begin() as connection:
        named = text("UPDATE lead SET phone = '+4930555019' WHERE id = :id")
        connection.execute(named, {"id": lead})
    page = console("sdr")
    page.goto("/console/today")
    page.keyboard.press("Control+k")
    box = page.get_by_label("Lead, company, phone number, opportunity or cadence")
    box.fill("030 / 55 50 19")
    expect(page.locator(".results a").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/console/leads/{lead}$"))

    page.goto("/console/inbox")
    page.locator("#content").wait_for()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys on this page")
    expect(keys.get_by_text("Search everything")).to_be_visible()
    expect(keys.get_by_text("Go through the list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
