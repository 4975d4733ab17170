"""What a manager changes about teams, routing and the SLA, from the form to the file."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.console.conftest import Console
from tests.support.web_app import Site

SOURCE = "SELECT source FROM policy_version WHERE name = :name ORDER BY version DESC LIMIT 1"


@pytest.fixture
def as_before(site: Site, as_before: None) -> Iterator[None]:
    """Nor has the rule of the form given any lead to anybody."""
    yield
    with site.database.begin() as connection:
        connection.execute(text("DELETE FROM assignment WHERE rule = 'of the form'"))


def in_force(site: Site, name: str) -> str:
    """A policy as it is published."""
    with site.database.connect() as connection:
        return str(connection.scalar(text(SOURCE), {"name": name}))


def test_a_manager_changes_hours_and_routing_after_a_dry_run(
    site: Site, console: Console, as_before: None
) -> None:
    """Hours that can't be are told at their field and nothing typed is lost; who would have got
    which lead is shown before it is published; and the file keeps its comments."""
    with site.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO assignment (lead_id, owner, cause, rule, at) "
                "SELECT id, 'rep-1', 'routed', 'of the form', now() - interval '1 day' FROM lead "
                "WHERE country <> 'KR' AND language <> 'ko' ORDER BY id LIMIT 12"
            )
        )
    before = in_force(site, "team")
    page = console("manager")
    page.goto("/console/team")
    page.get_by_role("link", name="Teams and routing").click()
    world = page.get_by_role("group", name="world", exact=True)
    friday = world.get_by_label("Friday")
    friday.fill("16:00-09:00")
    page.get_by_role("button", name="Publish").click()
    expect(world.get_by_text("ends before it begins")).to_be_visible()
    expect(friday).to_have_value("16:00-09:00")
    friday.fill("08:00-12:00")

    rule = page.get_by_role("group", name=re.compile("the rest of the world"))
    rule.get_by_label("Who may take it").click()
    page.get_by_role("option", name="Marta Oliveira").click()
    page.get_by_role("option", name="Team world").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Try it on last month's leads").click()
    tried = page.get_by_role("region", name="Leads of the last month by rep")
    expect(tried.get_by_role("row", name=re.compile("Marta Oliveira"))).to_be_visible()
    expect(page.get_by_text(re.compile("would have gone to somebody else")).first).to_be_visible()
    assert in_force(site, "team") == before

    page.get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Leads of the last month by rep")
    dialog.locator("summary", has_text="What changes in the file").click()
    expect(dialog).to_contain_text("08:00-12:00")
    dialog.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text(re.compile("Published: team version"))).to_be_visible()

    after = in_force(site, "team")
    assert 'fri: "08:00-12:00"' in after
    assert "{rule: the rest of the world, to: rep-4}" in after
    comments = [line for line in before.splitlines() if line.strip().startswith("#")]
    assert [line for line in after.splitlines() if line.strip().startswith("#")] == comments


def test_a_manager_adds_a_manager_a_team_and_closed_days(
    site: Site, console: Console, as_before: None
) -> None:
    """Days that can't be are told where they were typed; and a new manager can be a team's at
    once."""
    page = console("manager")
    page.goto("/console/team-settings")
    page.get_by_role("button", name="Add a manager").click()
    added = page.get_by_role("group", name="New manager")
    added.get_by_label("Name").fill("Ada Okoye")
    added.get_by_label("E-mail address").fill("ada@lindenmoor.example")
    world = page.get_by_role("group", name="world", exact=True)
    world.get_by_label("Manager").click()
    page.get_by_role("option", name="Ada Okoye").click()
    beside = world.get_by_label("First day").count()
    world.get_by_role("button", name="Add closed days").click()
    expect(world.get_by_label("First day")).to_have_count(beside + 1)
    world.get_by_label("First day").last.fill("2027-07-10")
    world.get_by_label("Last day").last.fill("2027-07-01")
    world.get_by_label("What it is").last.fill("Summer")
    page.get_by_role("button", name="Publish").click()
    expect(world.get_by_text("before it begins")).to_be_visible()
    world.get_by_label("Last day").last.fill("2027-07-20")
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish now").click()
    expect(page.get_by_text(re.compile("Published: team version"))).to_be_visible()

    after = in_force(site, "team")
    assert "{code: mgr-1, name: Ada Okoye, email: ada@lindenmoor.example}" in after
    assert re.search("team: world\n +manager: mgr-1", after)
    assert re.search("from: '?2027-07-10'?, to: '?2027-07-20'?, why: Summer", after)


def test_a_manager_shortens_a_promise(site: Site, console: Console, as_before: None) -> None:
    """What marketing and sales promise each other is changed by number and unit, not by YAML."""
    page = console("manager")
    page.goto("/console/sla-settings")
    page.get_by_label("A lead is accepted or returned within").fill("45")
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish now").click()
    expect(page.get_by_text(re.compile("Published: sla version"))).to_be_visible()

    assert "accept_within: 45 business minutes" in in_force(site, "sla")


def test_an_alert_is_dealt_with_where_it_stands(site: Site, console: Console) -> None:
    """A manager who reads that a lead waits had to find the lead, then its owner, then a way to
    reach them."""
    page = console("manager")
    page.goto("/console/team")
    alerts = page.locator(".alerts > li").filter(has=page.get_by_role("button", name="Nudge"))
    first = alerts.first
    name = first.get_by_role("link").first.inner_text()
    first.get_by_role("button", name="Nudge").click()
    expect(page.get_by_text("sees it among the alerts now.")).to_be_visible()

    again = page.locator(".alerts > li").filter(has_text=name)
    expect(again).to_have_count(1)
    expect(again).to_contain_text("Your manager asks you to look")
    again.get_by_role("button", name="Reassign").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Give {name} to somebody else")
    dialog.get_by_role("button", name="Cancel").click()
    again.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("The alert is dismissed.")).to_be_visible()


def test_a_lead_says_why_it_is_with_whom_it_is(site: Site, console: Console) -> None:
    """Everybody who opens the lead asks that first."""
    lead = site.world.selling
    with site.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO assignment (lead_id, owner, previous, cause, rule, facts, at) "
                "VALUES (:lead, 'rep-1', 'rep-2', 'sla', 'the rest', cast(:facts AS jsonb), now())"
            ),
            {
                "lead": lead,
                "facts": '{"promise": "accept", "turn": true, "version": 1, "considered": '
                '[{"rep": "rep-1", "standing": "chosen", "open_leads": 3, "cap": 500, "given": 2, '
                '"weight": 2}]}',
            },
        )
    page = console("sdr")
    page.goto(f"/console/leads/{lead}")
    part = page.locator("section", has=page.get_by_role("heading", name="Why this owner"))
    expect(part).to_contain_text("Jonas Adeyemi did not keep a promise in time (Acceptance)")
    part.locator("summary", has_text="Who was asked").click()
    expect(part.get_by_role("row", name=re.compile("Hana Lindqvist"))).to_contain_text("got it")
