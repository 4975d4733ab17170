"""Leads that may be one person, as those who meet them use the pages."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from store.tables import Lead
from tests.console.conftest import Console
from tests.support.rows import add, run
from tests.support.web_app import Site


def twice(site: Site) -> tuple[int, int]:
    """A person who is two leads."""
    with site.database.begin() as connection:
        ids = [
            add(
                connection,
                Lead,
                email=address,
                email_key=address,
                first_name="Marguerite",
                last_name=last,
                title=title,
                phone="+4930555012345",
                phase=phase,
                owner="rep-1",
            )
            for address, last, title, phase in (
                ("m.okafor@twice-seen.example", "Okafor", "Head of Operations", "FollowUp"),
                ("marguerite@twice-seen.example", "Okafor", "COO", ""),
            )
        ]
    return ids[0], ids[1]


def test_a_duplicate_is_merged_value_by_value_and_taken_back(site: Site, console: Console) -> None:
    """Two colleagues call one person; and whoever merges the wrong two must get them back."""
    kept, other = twice(site)
    page = console("sdr")
    page.goto(f"/console/leads/{other}")
    expect(page.get_by_text("same phone number").first).to_be_visible()
    page.get_by_role("link", name="Compare and merge").click()
    expect(page.get_by_text("one goes on: keep lead")).to_be_visible()
    page.get_by_role("link", name="Keep the other one").click()
    expect(page.get_by_text("gets mail").first).to_be_visible()
    page.get_by_role("radio", name="COO").click()
    page.get_by_role("button", name="Merge", exact=True).click()

    expect(page.get_by_text("is one lead now.")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/leads/{kept}$"))
    expect(page.get_by_text("Merged into this lead")).to_be_visible()
    row = "SELECT title || ' ' || email FROM lead WHERE id = :id"
    assert site.value(row, id=kept) == "COO m.okafor@twice-seen.example"
    page.goto(f"/console/leads/{other}")
    page.get_by_role("link", name="Open that one").click()
    page.get_by_role("button", name="Undo the merge").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Undo the merge").click()
    # No relay runs here, so its journey has not been ended yet.
    expect(page.get_by_text("still under way")).to_be_visible()
    with site.database.begin() as connection:
        run(connection, "UPDATE lead_merge SET workflows_ended_at = now()")
    page.reload()
    page.get_by_role("button", name="Undo the merge").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo the merge").click()
    # What is said of it stands for seconds only, which a busy machine lets pass.
    expect(page.get_by_text("Merged into this lead")).to_have_count(0)
    assert site.value(row, id=kept) == "Head of Operations m.okafor@twice-seen.example"

    page.goto("/console/duplicates")
    line = page.get_by_role("listitem").filter(has_text="m.okafor@twice-seen.example")
    line.get_by_role("button", name="Not the same person").click()
    expect(line).to_have_count(0)
    page.goto(f"/console/leads/{kept}")
    expect(page.get_by_role("heading", name="Marguerite Okafor")).to_be_visible()
    expect(page.get_by_text("May be the same person")).to_have_count(0)


def test_leads_without_an_account_get_the_one_that_somebody_names(
    site: Site, console: Console
) -> None:
    """A new customer's people stand about without a company, and nobody sees them together."""
    with site.database.begin() as connection:
        for who in "ab":
            address = f"{who}@never-seen.example"
            add(connection, Lead, email=address, email_key=address)
    page = console("manager")
    page.goto("/console/accounts")
    page.get_by_role("link", name="Leads without an account").click()
    line = page.get_by_role("listitem").filter(has_text="never-seen.example")
    expect(line.get_by_label("Name of the account")).to_have_value("Never Seen")
    line.get_by_label("Name of the account").fill("Never Seen Ltd")
    line.get_by_role("button", name="Give them to it").click()
    expect(page.get_by_text("have their account now.")).to_be_visible()
    assert (
        site.value("SELECT domain FROM account WHERE name = 'Never Seen Ltd'")
        == "never-seen.example"
    )
