"""Leads and accounts, as those who look for them use the pages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from store.engine import engine
from store.views.lead_page import lead_view
from tests.console.conftest import Console
from tests.support.web_app import Site
from web.console.leads.mails import html_of


def name_of(site: Site, lead_id: int) -> str:
    """What the pages call a lead."""
    with engine(site.settings.database_url).connect() as connection:
        view = lead_view(connection, lead_id, site.settings.clock().now())
    assert view is not None
    return view.name


def more(page: Page, entry: str) -> None:
    """Choose an action that is not a button of its own."""
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menu").get_by_text(entry, exact=True).click()


def test_a_rep_finds_a_lead_reads_its_mail_and_is_told_why_it_cannot_pause(
    site: Site, console: Console
) -> None:
    """Before a call: who is it, what did we write, what happens next."""
    page = console("sdr")
    name = name_of(site, site.world.selling)
    page.goto("/console/leads")
    box = page.get_by_label("Name, address, phone, company or title")
    box.fill(name[:2])
    link = page.get_by_role("link", name=name, exact=True)
    expect(link).to_be_visible()
    expect(page).to_have_url(re.compile(r"search="))
    box.fill("nobody is called that")
    expect(page.get_by_text("No lead is like that.")).to_be_visible()
    page.get_by_role("link", name="Show all leads").click()
    page.get_by_label("Name, address, phone, company or title").fill(name)
    page.get_by_role("link", name=name, exact=True).click()

    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text("journeys are away")).to_be_visible()
    page.get_by_role("button", name="Mails", exact=True).click()
    timeline = page.locator(".timeline")
    expect(timeline.get_by_text("Read a page")).to_have_count(0)
    timeline.get_by_role("button").first.click()
    mail = page.frame_locator(".letter iframe")
    expect(mail.get_by_text("Lindenmoor").first).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".q-dialog")).to_have_count(0)

    # No Temporal runs for this company: whether it is paused, and what comes next, nobody knows.
    expect(page.get_by_text("what comes next is not known")).to_be_visible()
    for name in ("Pause", "Resume"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_text("Nothing is scheduled")).to_have_count(0)
    expect(page.get_by_role("button", name="More", exact=True)).to_be_visible()
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_text("Move to a phase")).to_have_count(0)


def test_a_manager_gives_a_lead_away_and_holds_its_account(site: Site, console: Console) -> None:
    """An opportunity begins elsewhere in the company: one owner, and no mail in between."""
    lead = site.world.leads[21]
    page = console("manager")
    page.goto(f"/console/leads/{lead}")
    page.get_by_role("button", name="Reassign").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Rep").click()
    page.get_by_role("option", name="Jonas Adeyemi").click()
    dialog.get_by_role("button", name="Reassign").click()
    expect(page.get_by_text("The lead and its tasks are Jonas Adeyemi's.")).to_be_visible()
    assert site.value("SELECT owner FROM lead WHERE id = :id", id=lead) == "rep-2"
    name = site.value("SELECT name FROM rep WHERE code = 'rep-2'")
    expect(page.get_by_role("link", name=name)).to_be_visible()

    more(page, "Do not market to the account")
    page.get_by_label("Why").fill("Talks at board level")
    page.get_by_role("button", name="Do not market", exact=True).click()
    expect(page.get_by_text("do-not-market").first).to_be_visible()

    account = site.value("SELECT account_id FROM lead WHERE id = :id", id=lead)
    page.goto("/console/accounts?do_not_market=true")
    page.locator(f'a[href="/console/accounts/{account}"]').click()
    expect(page.get_by_text("Talks at board level")).to_be_visible()
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("button", name="Do not market")).to_be_visible()
    assert site.value("SELECT do_not_market_until FROM account WHERE id = :id", id=account) is None


def test_an_account_shows_what_is_not_known_of_its_sales(site: Site, console: Console) -> None:
    """The next conversation is about what is missing."""
    page = console("manager")
    page.goto(f"/console/accounts/{site.world.account}")
    sale = page.locator(".sales li").filter(has_text=name_of(site, site.world.selling))
    expect(sale).to_contain_text("Proposal")
    expect(sale).to_contain_text("missing")
    expect(page.get_by_role("table", name="Leads of this account")).to_be_visible()


@pytest.mark.parametrize("path", ["leads/{lead}", "mails/{mail}"])
def test_a_lead_that_is_not_the_teams_is_not_there(site: Site, path: str) -> None:
    """Nor what it was written."""
    lead = site.world.nurtured
    mail = site.value("SELECT min(id) FROM touch WHERE lead_id = :lead", lead=lead)
    address = f"/console/{path.format(lead=lead, mail=mail)}"
    with site.visit(site.sign_in("sdr")) as rep:
        assert rep.get(address).status_code == 404
    with site.visit(site.sign_in("manager")) as manager:
        assert manager.get(address).status_code == 200
    with site.visit("") as nobody:
        assert nobody.get(address).status_code in (303, 401)


def test_a_mail_can_do_nothing_when_it_is_looked_at(site: Site) -> None:
    """No script of it runs, no picture is fetched: reading it here is not the lead's open."""
    mail = site.value("SELECT min(id) FROM touch WHERE lead_id = :id", id=site.world.selling)
    with site.visit(site.sign_in("sdr")) as rep:
        answer = rep.get(f"/console/mails/{mail}")
        none = rep.get("/console/mails/999999")
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "img-src data:", "sandbox"} <= set(policy)
    assert "Lindenmoor" in answer.text
    assert none.status_code == 404


def test_a_mail_without_html_is_shown_as_text() -> None:
    """Its angle brackets are no markup."""
    assert html_of(b"Subject: x\r\n\r\n<b>Hello</b>") == "<pre>&lt;b&gt;Hello&lt;/b&gt;</pre>"
    assert html_of(b"Content-Type: image/png\r\n\r\n") == ""


def test_lists_are_narrowed_by_their_address(site: Site, console: Console) -> None:
    """A figure on another page links to exactly what it counts."""
    page = console("manager")
    page.goto("/console/leads?recycled=true&order=interest")
    expect(page.locator(".found").get_by_role("status")).to_have_text("10 leads")
    expect(page.get_by_role("checkbox", name="At rest")).to_be_checked()
    page.get_by_label("Name, address, phone, company or title").fill("zzz")
    expect(page).to_have_url(re.compile(r"search=zzz&recycled=true&order=interest"))
