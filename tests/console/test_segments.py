"""A marketer finds leads that have something in common, and makes a segment of them."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import expect

from store.segments.membership import judge_all, judge_changed
from tests.console.conftest import Console
from tests.support.web_app import Site

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
