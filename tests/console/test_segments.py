"""A marketer finds leads that have something in common, and makes a segment of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from store.segments.membership import judge_all, judge_changed
from tests.console.conftest import Console
from tests.console.test_policy_forms import add_condition, choose, in_force
from tests.support.web_app import Site

pytestmark = pytest.mark.usefixtures("as_before")

TEXT = """\
policy: segments
segments:
  - name: island
    title: People of an island
    when: 'lead.country == "IS"'
"""


def judge(site: Site) -> None:
    """As a worker does."""
    more = True
    while more:
        with site.database.begin() as connection:
            more = judge_changed(connection, datetime.now(UTC)).taken > 0
        with site.database.begin() as connection:
            more = judge_all(connection, datetime.now(UTC)) or more


def test_marketing_writes_a_segment_sees_how_many_it_is_for_and_opens_them(
    site: Site, console: Console
) -> None:
    """From the text to the count, to the people, and back from one of them."""
    site.value(
        "INSERT INTO lead (email, email_key, first_name, last_name, country) "
        "VALUES ('kari@isle.example', 'kari@isle.example', 'Kári', 'Jónsson', 'IS') RETURNING id"
    )
    page = console("marketing")
    page.goto("/console/policies/segments/edit")
    editor = page.get_by_role("textbox", name="Text of segments.yaml")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(TEXT)
    counted = page.get_by_role("heading", name="People of an island, as you have written it")
    expect(counted).to_be_visible()
    expect(page.get_by_text("1 of ")).to_be_visible()
    expect(page.get_by_role("link", name="Kári Jónsson")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_role("dialog")).not_to_be_visible()

    page.goto("/console/segments")
    row = page.get_by_role("row").filter(has_text="People of an island")
    expect(row).to_contain_text("waits for a worker")
    judge(site)
    expect(row.get_by_role("link", name="1", exact=True)).to_be_visible()
    page.get_by_role("link", name="People of an island").click()
    expect(page.get_by_role("heading", name="People of an island", level=1)).to_be_visible()
    expect(page.get_by_text('lead.country == "IS"')).to_be_visible()
    page.get_by_role("link", name="Show its leads").click()
    expect(page.get_by_text("1 lead", exact=True)).to_be_visible()
    page.get_by_role("link", name="Kári Jónsson").click()
    expect(page.get_by_role("link", name="People of an island")).to_be_visible()


def add(page: Page, field: str, operator: str) -> None:
    """A row of the condition, without its value."""
    builder = page.get_by_role("group", name="Condition", exact=True)
    row = add_condition(builder)
    choose(page, row.get_by_label("Field"), field)
    before = row.get_by_label("Operator").element_handle()
    row.get_by_label("Operator").click()
    page.get_by_role("option", name=operator, exact=True).click()
    # The row is drawn anew: what is typed before would be gone.
    before.wait_for_element_state("hidden")


def publish(page: Page) -> None:
    """Publish what the form has: its page is opened then."""
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish now").click()
    expect(page.get_by_role("link", name="Show its leads")).to_be_visible()


def test_marketing_makes_a_segment_without_typing_code(site: Site, console: Console) -> None:
    """From fields and values to the count, to the file with its comments as they were; changed
    again, and deleted with a word on who is in it."""
    site.value(
        "INSERT INTO lead (email, email_key, first_name, last_name, title) VALUES "
        "('sol@quiet.example', 'sol@quiet.example', 'Sol', 'Berg', 'Keeper of bees') RETURNING id"
    )
    before = in_force(site, "segments")
    page = console("marketing")
    page.goto("/console/segments")
    page.get_by_role("link", name="New segment").click()
    page.get_by_label("Name", exact=True).fill("Beekeepers")
    expect(page.get_by_label("Short name")).to_have_value("beekeepers")
    expect(page.get_by_text("once the condition is complete")).to_be_visible()
    add(page, "Title", "contains")
    page.get_by_label("Its value").fill("bees")
    expect(page.get_by_text("1 of ")).to_be_visible()
    expect(page.get_by_role("link", name="Sol Berg")).to_be_visible()
    add(page, "Links clicked, last 30 days", "is less than")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Write a number.")).to_be_visible()
    page.get_by_label("Number").fill("3")
    publish(page)
    expect(page.get_by_role("heading", name="Beekeepers", level=1)).to_be_visible()

    after = in_force(site, "segments")
    asked = 'lead.title.lower().contains("bees") && engagement.clicks_30_days < 3'
    assert f"  - name: beekeepers\n    title: Beekeepers\n    when: {asked}" in after
    comments = [line for line in before.splitlines() if line.strip().startswith("#")]
    assert comments
    assert [line for line in after.splitlines() if line.strip().startswith("#")] == comments

    judge(site)
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Field").last).to_have_value("Links clicked, last 30 days")
    page.get_by_label("Who is meant, and what for").fill("For the mail about honey")
    page.get_by_label("Number").fill("5")
    publish(page)
    expect(page.get_by_text("For the mail about honey")).to_be_visible()
    assert "clicks_30_days < 5\n    description: For the mail" in in_force(site, "segments")

    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Delete the segment").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("“Beekeepers” is deleted: 1 lead is in it.")).to_be_visible()
    dialog.get_by_role("button", name="Publish now").click()
    expect(page.get_by_role("heading", name="Segments", level=1)).to_be_visible()
    assert "beekeepers" not in in_force(site, "segments")
