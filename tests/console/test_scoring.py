"""Scoring, content, wins and losses as people read them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.console.conftest import Console
from tests.store.figures.leak_world import rest
from tests.store.figures.scoring_world import cross, deal, does, is_sent
from tests.support.lead_histories import add_lead
from tests.support.web_app import Site

LONG_AGO = -1461
"""Days: the other pages of the same console have leads of later times."""


def some(site: Site) -> None:
    """Leads of a time of their own: those with a high score are accepted and won."""
    with site.database.begin() as connection:
        for number in range(60):
            good = number % 2 == 0
            moves = [(1, "known", LONG_AGO - 90.0), (1, "mql", LONG_AGO - 89.0)]
            moves += [(1, "sal", LONG_AGO - 75.0 - number % 7)] if good else []
            lead = add_lead(
                connection,
                moves,
                source="scored",
                fit="A",
                fit_points=55,
                country="SE" if good else "FI",
                attributes='{"segment": "%s"}' % ("vans" if number % 3 else "bikes"),
            )
            cross(
                connection, lead, LONG_AGO - 89, "A1" if good else "B2", 62 + number if good else 33
            )
            if good:
                does(
                    connection,
                    lead,
                    LONG_AGO - 85,
                    rule="looked at prices",
                    points=12,
                    path="/pricing",
                )
            does(connection, lead, LONG_AGO - 85, rule="read a page", path="/blog")
            is_sent(connection, lead, LONG_AGO - 80, "welcome-1-checklist")
            deal(
                connection,
                lead,
                LONG_AGO - 75,
                LONG_AGO - 70 + number % 50,
                "won" if good else "lost",
                reason="" if good else ("price", "timing")[number % 3 == 0],
                competitor="" if good or number % 3 else "acme",
            )
        for days in (-70, -300):
            rest(connection, days, 30, source="scored", reason="lost", first_name="Sleeper")


def test_marketing_reads_what_the_score_foretold_and_opens_the_leads(
    site: Site, console: Console
) -> None:
    """From grade to threshold to rule, and from each grade to the people."""
    some(site)
    page = console("marketing")
    page.goto("/console/figures/scoring?from=2021-11-20&to=2022-01-01")
    grades = page.get_by_role("region", name="Grades at the hand-over")
    row = grades.get_by_role("row").filter(has_text="A1")
    expect(row.get_by_role("cell").nth(1)).to_have_text("30")
    expect(row.get_by_role("cell").nth(4)).to_have_text("100.0%")
    expect(grades.get_by_role("link", name="Lift")).to_have_attribute(
        "title", re.compile("2 is twice as good")
    )
    expect(page.get_by_text("33 leads fewer, of which 3 reached the goal")).to_be_visible()
    rules = page.get_by_role("region", name="Rules")
    never = rules.get_by_role("row").filter(has_text="never holds")
    expect(never.first).to_be_visible()
    expect(page.get_by_role("region", name="Mails and pages before")).to_contain_text("/blog")
    expect(page.get_by_text("nobody records")).to_be_visible()

    page.get_by_label("Goal").select_option("won")
    expect(page).to_have_url(re.compile("goal=won"))
    expect(row.get_by_role("cell").nth(3)).to_have_text("0")
    row.get_by_role("cell").nth(1).get_by_role("link").click()
    expect(page).to_have_url(re.compile("figure=graded&figure_at=A1"))
    expect(page.get_by_text("30 cases")).to_be_visible()

    page.goto("/console/figures/win-loss?from=2021-11-20&to=2022-03-01&by=segment")
    outcomes = page.get_by_role("region", name="Won and lost")
    expect(outcomes.get_by_role("row").filter(has_text="Together")).to_contain_text("50.0%")
    lost = page.get_by_role("region", name="To whom they were lost")
    expect(lost).to_contain_text("acme")
    expect(page.get_by_text('lead.country == "SE"').first).to_be_visible()
    expect(page.get_by_text("Nothing is published from here.")).to_be_visible()
    pool = page.get_by_role("region", name="Rest after a loss, now")
    pool.get_by_role("row").nth(1).get_by_role("cell").nth(1).get_by_role("link").click()
    expect(page).to_have_url(re.compile("figure=closed_lost"))
    expect(page.get_by_role("link", name="Sleeper").first).to_be_visible()
