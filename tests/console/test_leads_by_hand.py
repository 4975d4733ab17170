"""What people do with leads by hand: enter and correct them, note, plan, call and write."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.console.conftest import Console
from tests.support.web_app import Site


def saved(page: Page, name: str) -> None:
    """Press the dialog's button and see it go."""
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".q-dialog")).to_have_count(0)


def test_a_rep_enters_a_lead_notes_plans_and_writes_to_it(site: Site, console: Console) -> None:
    """Somebody met at a fair: in the list, on the journey, with what was said and promised."""
    page = console("sdr")
    page.goto("/console/leads")
    expect(page.get_by_role("button", name="New lead")).to_be_visible()
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("First name").fill("Frieda")
    dialog.get_by_label("Last name").fill("Fair")
    dialog.get_by_label("Phone").fill("call me")
    dialog.get_by_role("button", name="Enter the lead").click()
    expect(dialog.get_by_text("'call me' is no phone number")).to_be_visible()
    expect(dialog.get_by_label("First name")).to_have_value("Frieda")
    dialog.get_by_label("E-mail address").fill("frieda@fair.example")
    dialog.get_by_label("Phone").fill("+49 30 55501234")
    dialog.get_by_label("Company").fill("Fair AG")
    dialog.get_by_role("button", name="Enter the lead").click()
    expect(page.get_by_role("heading", name="Frieda Fair")).to_be_visible()
    owner = site.value("SELECT owner FROM lead WHERE email_key = 'frieda@fair.example'")
    assert owner == "rep-1"

    page.get_by_role("button", name="Note").click()
    page.get_by_role("dialog").get_by_label("Note").fill("Met at the fair, wants prices.")
    saved(page, "Save")
    expect(page.locator(".timeline")).to_contain_text("Met at the fair, wants prices.")

    page.get_by_role("button", name="To-do").click()
    page.get_by_role("dialog").get_by_label("What is to be done").fill("Send the price list")
    saved(page, "Save")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menu").get_by_text("Log a call", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_text("Say how the call went")).to_be_visible()
    dialog.get_by_label("How did it go?").click()
    page.get_by_role("option", name="Left voicemail").click()
    saved(page, "Save")
    expect(page.locator(".timeline")).to_contain_text("Left voicemail")

    page.get_by_role("button", name="Write a mail").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Subject").fill("The price list")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog.get_by_text("Write what the mail is to say.")).to_be_visible()
    dialog.get_by_label("Text").fill("Hello Frieda,\n\nhere it is: https://prices.example")
    saved(page, "Send")
    expect(page.get_by_text("The mail goes out.")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Mail planned The price list")
    expect(page.locator(".timeline")).to_contain_text("here it is: https://prices.example")

    page.get_by_role("button", name="Write a mail").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Text").fill("Half a letter")
    dialog.get_by_label("Mail", exact=True).click()
    page.get_by_role("option", name="I tried to call you").click()
    expect(dialog.get_by_label("Text")).to_have_value(re.compile("Hi Frieda,\n\nI tried to"))
    dialog.get_by_label("Text").fill("Hi Frieda,\n\nshall we say Tuesday?")
    dialog.get_by_role("button", name="Show as it would arrive").click()
    expect(dialog.locator(".as-sent")).to_contain_text("Choose a time")
    expect(dialog.locator(".as-sent")).to_contain_text("shall we say Tuesday?")
    dialog.get_by_label("Text").fill("")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog.get_by_text("Write what the mail is to say.")).to_be_visible()
    dialog.get_by_label("Text").fill("Hi Frieda,\n\nshall we say Tuesday?")
    saved(page, "Send")
    expect(page.locator(".timeline")).to_contain_text("Mail planned I tried to call you")
    expect(page.locator(".timeline")).to_contain_text("shall we say Tuesday?")
    expect(page.locator(".timeline")).not_to_contain_text("Half a letter")

    page.get_by_role("button", name="Correct").click()
    page.get_by_role("dialog").get_by_label("Job title").fill("Buyer")
    saved(page, "Save")
    expect(page.locator(".timeline")).to_contain_text("Corrected Job title")
    page.get_by_role("button", name="Add a phone or address").click()
    page.get_by_role("dialog").get_by_label("Number or address").fill("+49 171 5550123")
    saved(page, "Add")
    expect(page.get_by_text("+491715550123")).to_be_visible()

    page.goto("/console/leads")
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_label("E-mail address").fill("Frieda@Fair.example")
    page.get_by_role("dialog").get_by_role("button", name="Enter the lead").click()
    page.get_by_role("link", name="Open that lead").click()
    expect(page.get_by_role("heading", name="Frieda Fair")).to_be_visible()


def test_a_to_do_is_put_off_and_a_call_without_a_number_gets_one(
    site: Site, console: Console
) -> None:
    """A promise would be forgotten; and a rep would look for a number elsewhere, or skip the
    call."""
    page = console("sdr")
    page.goto("/console/leads?search=frieda")
    page.get_by_role("link", name="Frieda Fair").click()
    page.get_by_role("link", name="To-do", exact=True).click()
    expect(page.get_by_text("Send the price list").first).to_be_visible()
    before = site.value("SELECT due_at FROM task WHERE kind = 'to_do'")
    page.get_by_role("button", name="In a week").click()
    expect(page.get_by_text("Put off.")).to_be_visible()
    assert site.value("SELECT due_at FROM task WHERE kind = 'to_do'") > before

    call = site.value(
        "SELECT task.id FROM task JOIN lead ON lead.id = lead_id WHERE task.kind = 'call' "
        "AND state = 'open' AND task.owner = 'rep-1' ORDER BY task.id LIMIT 1"
    )
    nobody = "SELECT lead_id FROM task WHERE id = :id"
    site.value(f"UPDATE lead SET phone = '' WHERE id = ({nobody}) RETURNING id", id=call)
    page.goto(f"/console/tasks/{call}")
    page.get_by_label("Phone").fill("12")
    page.get_by_role("button", name="Save the number").click()
    expect(page.get_by_text("is no phone number")).to_be_visible()
    page.get_by_label("Phone").fill("+49 30 55507777")
    page.get_by_role("button", name="Save the number").click()
    expect(page.get_by_role("link", name=re.compile(r"\+493055507777"))).to_be_visible()
