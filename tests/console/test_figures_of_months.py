"""Cohorts, velocity, the agreement of both sides and restated days as people read them."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from datetime import UTC, datetime

from playwright.sync_api import expect
from sqlalchemy import text

from store.figures.refresh import refresh
from store.figures.snapshots import snapshot
from tests.console.conftest import Console
from tests.store.figures.leak_world import at, call, cross
from tests.support.lead_histories import add_lead, add_moves
from tests.support.web_app import Site

DAYS = "from=2025-09-01&to=2025-11-01"


def test_a_manager_reads_the_triangle_and_opens_the_leads_of_a_cell(
    site: Site, console: Console
) -> None:
    """From a share of a month to the people; another stage is one choice away."""
    with site.database.begin() as connection:
        for number in range(24):
            moves = [(1, "mql", -170.0)]
            if number < 6:
                moves.append((1, "customer", -150.0 if number < 3 else -110.0))
            add_lead(connection, moves, source="prism", first_name=f"Prism {number}")
        add_lead(connection, [(1, "mql", -130.0)], source="prism")
    page = console("manager")
    page.goto(f"/console/figures/cohorts?{DAYS}")
    page.get_by_label("Only of").select_option("source")
    page.locator("label.choice", has_text="Choose …").locator("select").select_option("=prism")
    expect(page).to_have_url(re.compile("source=prism"))
    expect(page.locator(".chart svg")).to_be_visible()

    triangle = page.get_by_role("region", name="All leads")
    september = triangle.get_by_role("row").filter(has_text="September 2025").get_by_role("cell")
    expect(september.nth(1)).to_have_text("24")
    expect(september.nth(2)).to_have_text("12.5%")
    expect(september.nth(3)).to_have_text("25.0%")
    october = triangle.get_by_role("row").filter(has_text="October 2025").get_by_role("cell")
    expect(october.nth(2)).to_have_text("0 of 1")
    expect(triangle.get_by_role("link", name="30 days", exact=True)).to_have_attribute(
        "title", re.compile("at least so many days ago")
    )
    september.nth(3).get_by_role("link").click()
    expect(page).to_have_url(re.compile("figure=reached.*reached%3Acustomer"))
    expect(page.get_by_text("6 cases")).to_be_visible()
    expect(page.get_by_role("link", name="Prism 5")).to_be_visible()

    page.go_back()
    page.get_by_label("To stage").select_option("sal")
    expect(page).to_have_url(re.compile("reached=sal"))
    page.get_by_label("From stage").select_option("opportunity")
    expect(page.get_by_role("alert")).to_contain_text("does not come after")


def test_velocity_over_time_is_a_chart_and_a_table(site: Site, console: Console) -> None:
    """Whether leads go on faster than last month is seen, and the figures stand beneath. A meeting
    gets it on one sheet of paper."""
    with site.database.begin() as connection:
        for number in range(25):
            moves = [(1, "mql", -170.0), (1, "sal", -169.0 + number % 5)]
            add_lead(connection, moves, source="swift")
    page = console("marketing")
    page.goto(f"/console/figures/velocity?{DAYS}&source=swift")
    expect(page.locator(".chart svg")).to_be_visible()
    row = page.get_by_role("region", name="All leads").get_by_role("row")
    cells = row.filter(has_text="September 2025").get_by_role("cell")
    expect(cells.nth(1)).to_have_text("25")
    expect(cells.nth(3)).to_have_text("3.0")
    expect(cells.nth(2).get_by_role("link")).to_have_attribute("href", re.compile("reached%3Asal"))
    assert sheets(page.pdf(prefer_css_page_size=True)) == 1


def sheets(printed: bytes) -> int:
    """How many pages a PDF has: each has a box, which may be packed."""
    packed = re.findall(rb"stream\r?\n(.*?)endstream", printed, re.DOTALL)
    text = printed
    for one in packed:
        with suppress(zlib.error):
            text += zlib.decompress(one)
    return text.count(b"/MediaBox")


def test_both_sides_read_the_agreement_on_one_page(site: Site, console: Console) -> None:
    """Sales' half and marketing's half: what was handed over and tried, what was promised, what was
    accepted; each number opens its leads, and marketing reads no rep of whom there are few."""
    with site.database.begin() as connection:
        for number in range(9):
            owner = "rep-1" if number < 6 else "rep-2"
            moves = [(1, "known", -171.0), (1, "mql", -170.0)]
            lead = add_lead(connection, moves, owner=owner, source="pact")
            cross(connection, lead, -170)
            if number % 2:
                call(connection, lead, -169.99)
            values = {"lead": lead, "owner": owner, "at": at(-170), "due": at(-169)}
            connection.execute(
                text(
                    "INSERT INTO sla_clock (key, promise, lead_id, owner, state, started_at, "
                    "due_at) VALUES (gen_random_uuid()::text, 'accept', :lead, :owner, "
                    "'breached', :at, :due)"
                ),
                values,
            )
            connection.execute(
                text(
                    "INSERT INTO lead_feedback (lead_id, cycle, verdict, reason, by, at) "
                    "VALUES (:lead, 1, :verdict, :reason, 'x', :at)"
                ),
                values
                | (
                    {"verdict": "returned", "reason": "no_need"}
                    if number < 2
                    else {"verdict": "accepted", "reason": ""}
                ),
            )
    page = console("manager")
    page.goto(f"/console/figures/team?{DAYS}&by=owner")
    speed = page.get_by_role("region", name="Sales: speed to lead").get_by_role("row")
    whole = speed.filter(has_text="Together").get_by_role("cell")
    expect(whole.nth(1)).to_have_text("9")
    expect(whole.nth(2)).to_have_text("4")
    promises = page.get_by_role("region", name="Promises of the SLA").get_by_role("row")
    expect(promises.nth(1).get_by_role("cell").nth(3)).to_have_text("9")
    source = page.get_by_role("region", name="Marketing: what sales accepts").get_by_role("row")
    cells = source.filter(has_text="pact").get_by_role("cell")
    expect(cells.nth(1)).to_have_text("7")
    cells.nth(3).get_by_role("link").click()
    expect(page).to_have_url(re.compile("figure=returned.*source%3Apact"))
    expect(page.get_by_text("2 cases")).to_be_visible()

    page = console("marketing")
    page.goto(f"/console/figures/team?{DAYS}&by=owner")
    speed = page.get_by_role("region", name="Sales: speed to lead")
    expect(speed.get_by_role("row").filter(has_text="Fewer than five each")).to_have_count(1)
    page = console("sdr")
    page.goto(f"/console/figures/team?{DAYS}")
    own = page.get_by_role("region", name="Sales: speed to lead").get_by_role("row")
    expect(own.nth(1).get_by_role("cell").nth(1)).to_have_text("6")


def test_what_a_day_said_at_first_stands_beneath_what_it_says_now(
    site: Site, console: Console
) -> None:
    """Whoever wrote a number down finds it again, and since when it is another."""
    with site.database.begin() as connection:
        lead = add_lead(connection, [(1, "known", -300.0)], source="belated")
        refresh(connection)
        snapshot(connection, "UTC", datetime.now(UTC))
    with site.database.begin() as connection:
        add_moves(connection, lead, [(1, "mql", -299.9)])
        refresh(connection)
        snapshot(connection, "UTC", datetime.now(UTC))
    page = console("ops")
    page.goto("/console/figures/days?from=2025-05-01&to=2025-05-10")
    restated = page.get_by_role("region", name="Restated").get_by_role("row")
    changed = restated.filter(has_text="Source belated").filter(has_text="MQL").get_by_role("cell")
    expect(changed.nth(3)).to_have_text("0")
    expect(changed.nth(4)).to_have_text("1")
    changed.nth(4).get_by_role("link").click()
    expect(page.get_by_text("1 case")).to_be_visible()


def test_the_funnel_stands_beside_the_twelve_months_before(site: Site, console: Console) -> None:
    """A conversion says nothing without the one that is usual; the counts of a year beside those of
    a month would say something wrong."""
    with site.database.begin() as connection:
        for days in (-200.0, -20.0):
            for number in range(20):
                moves = [(1, "known", days)]
                if number < (10 if days < -100 else 15):
                    moves.append((1, "engaged", days + 1))
                add_lead(connection, moves, source="yardstick")
    page = console("manager")
    page.goto("/console/figures/funnel?from=2026-02-01&to=2026-03-01&source=yardstick")
    page.get_by_label("Compare with").select_option("baseline")
    expect(page).to_have_url(re.compile("compare=baseline"))
    known = page.get_by_role("region", name="All leads").get_by_role("row").filter(has_text="Known")
    expect(known.get_by_role("cell").nth(1)).to_have_text("20")
    expect(known.get_by_role("cell").nth(5)).to_have_text("75.0%50.0%")
