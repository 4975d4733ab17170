"""Leaks as people find and mend them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.console.conftest import Console
from tests.store.figures.leak_world import call, cross, meet, rest
from tests.support.lead_histories import add_lead
from tests.support.web_app import Site


def test_a_manager_opens_the_leads_behind_a_number_and_gives_them_away(
    site: Site, console: Console
) -> None:
    """From the figure to the people to the act: who has to search for them again mends nothing."""
    with site.database.begin() as connection:
        for number in range(3):
            # Of a time that is the test's own.
            lead = add_lead(
                connection,
                [(1, "known", -60.0), (1, "mql", -59.0)],
                source="leaky",
                owner="rep-1",
                first_name=f"Late {number}",
                phase="FollowUp",
                stage="mql",
            )
            cross(connection, lead, -59)
            call(connection, lead, -50)
    page = console("manager")
    page.goto("/console/figures/leaks?from=2026-01-01&to=2026-01-10")
    page.get_by_label("Split by").select_option("source")
    expect(page).to_have_url(re.compile("by=source"))
    response = page.get_by_role("region", name="The first response")
    row = response.get_by_role("row").filter(has_text="leaky")
    expect(row.get_by_role("cell").nth(3)).to_have_text("3")
    expect(response.get_by_role("link", name="Tried late")).to_have_attribute(
        "title", re.compile("after that time")
    )

    row.get_by_role("cell").nth(3).get_by_role("link").click()
    expect(page).to_have_url(re.compile("figure=late.*figure_of=source%3Aleaky"))
    expect(page.get_by_text("3 cases")).to_be_visible()
    expect(page.get_by_role("link", name="Late 1")).to_be_visible()
    page.get_by_label("Choose all 3 shown").check()
    page.get_by_label("Give to").click()
    page.get_by_role("option", name="Jonas Adeyemi").click()
    page.get_by_role("button", name="Reassign").click()
    page.get_by_role("dialog").get_by_role("button", name="Reassign").click()
    expect(page.get_by_text(re.compile("leads are now"))).to_be_visible()
    given = "SELECT count(*) FROM lead WHERE source = 'leaky' AND owner <> 'rep-1'"
    assert site.value(given) == 3
    page.get_by_role("link", name="Show all leads").first.click()
    expect(page).to_have_url(re.compile("/console/leads$"))


def test_a_rep_has_leads_that_wait_begin_a_cadence_and_marketing_wakes_one(
    site: Site, console: Console
) -> None:
    """What waits with marketing is not given away but played to; what rests after its day is
    woken."""
    with site.database.begin() as connection:
        waits = add_lead(
            connection,
            [(1, "known", -40.0)],
            source="slow",
            owner="rep-1",
            first_name="Slow",
            phase="Nurture",
        )
        rests = rest(connection, -40, -20, source="slow", first_name="Sleeper")
    page = console("sdr")
    page.goto("/console/figures/leaks")
    expect(page.get_by_role("region", name="Waiting for longer than usual")).to_be_visible()
    page.goto("/console/leads?figure=waiting&figure_at=known&figure_of=source:slow")
    page.get_by_label("Choose Slow").check()
    page.get_by_role("button", name="Play a cadence").click()
    page.get_by_role("dialog").get_by_role("button", name="Play").click()
    expect(page.get_by_text("1 lead begins it.")).to_be_visible()
    told = "SELECT count(*) FROM relay_message WHERE workflow_id = :id"
    assert site.value(told, id=f"lead-{waits}") == 1

    page = console("marketing")
    page.goto("/console/leads?figure=resting&figure_of=source:slow")
    page.get_by_label("Choose Sleeper").check()
    page.get_by_role("button", name="Reactivate now").click()
    page.get_by_role("dialog").get_by_role("button", name="Reactivate now").click()
    expect(page.get_by_text("1 lead comes back.")).to_be_visible()
    assert site.value(told, id=f"lead-{rests}") == 1


def test_a_page_says_what_it_cuts_and_links_to_nothing_that_is_refused(
    site: Site, console: Console
) -> None:
    """Twenty sources are all of them, of 22 two would be missed by nobody; and marketing sees no
    leaks of one rep."""
    with site.database.begin() as connection:
        for number in range(22):
            lead = add_lead(
                connection, [(1, "known", -101.0)], source=f"cut {number:02}", owner="rep-1"
            )
            if number < 20:
                cross(connection, lead, -100)
            meet(connection, lead, -100, -99, "no_show")
    days = "from=2025-11-20&to=2025-11-30"
    cut = "The largest are shown"
    page = console("marketing")
    page.goto(f"/console/figures/leaks?{days}&by=source")
    missed = page.get_by_role("region", name="No-shows by Source")
    expect(missed.get_by_role("link", name="cut 19")).to_be_visible()
    response = page.get_by_role("region", name="The first response")
    expect(response.get_by_role("link", name="cut 19")).to_be_visible()
    shown = page.get_by_role("main").text_content() or ""
    before, _heading, after = shown.partition("Meetings that were missed")
    assert cut in after
    assert cut not in before.rpartition("The first response")[2]

    page.goto(f"/console/figures/leaks?{days}&by=owner")
    cells = page.get_by_role("region", name="No-shows by Owner").get_by_role("row").nth(2)
    cells = cells.get_by_role("cell")
    expect(cells.nth(2).get_by_role("link")).to_have_text("22")
    expect(cells.nth(0).get_by_role("link")).to_have_count(0)

    page = console("success")
    days = days.replace("from", "figure_from").replace("to=", "figure_to=")
    page.goto(f"/console/leads?figure=no_show&{days}")
    expect(page.get_by_text("leads of other teams by now are not in the list")).to_be_visible()
