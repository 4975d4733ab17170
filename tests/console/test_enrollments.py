"""Marketing enrolls leads that it chose in the list, watches the run and takes it back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert, text

from store.tables import Lead
from tests.console.conftest import Console
from tests.support.web_app import Site

SOURCE = "spring fair"
RESTING, WITH_SALES = 6, 2


@pytest.fixture
def fair(site: Site) -> Iterator[list[int]]:
    """Six leads of a fair that rest, and two that sales has."""
    now = datetime.now(UTC)
    rows = [
        {
            "email": f"visitor{number}@fair.example",
            "email_key": f"visitor{number}@fair.example",
            "first_name": "Mina",
            "last_name": f"Quist {number}",
            "source": SOURCE,
            "stage": "recycled" if number < RESTING else "mql",
            "phase": "Recycle" if number < RESTING else "FollowUp",
            "phase_reason": "no_response",
            "phase_since": now - timedelta(days=10),
        }
        for number in range(RESTING + WITH_SALES)
    ]
    with site.database.begin() as connection:
        leads = list(connection.scalars(insert(Lead).values(rows).returning(Lead.id)))
    yield leads
    with site.database.begin() as connection:
        gone = {"leads": leads, "keys": [row["email_key"] for row in rows]}
        for statement in (
            "DELETE FROM enrollment_run_lead WHERE lead_id = ANY(:leads)",
            "DELETE FROM suppression WHERE email_key = ANY(:keys)",
            "DELETE FROM consent_record WHERE email_key = ANY(:keys)",
            "DELETE FROM lead_correction WHERE lead_id = ANY(:leads)",
            "DELETE FROM lead WHERE id = ANY(:leads)",
        ):
            connection.execute(text(statement), gone)


def test_marketing_enrolls_all_that_a_filter_shows_after_seeing_who_and_when(
    site: Site, console: Console, fair: list[int]
) -> None:
    """Nobody who can't write YAML could send a cadence to a list; and who is not told beforehand
    mails people whom sales has just called."""
    page = console("marketing")
    page.goto(f"/console/leads?source={SOURCE}")
    page.get_by_label("Choose Mina Quist 3").check()
    expect(page.get_by_text("1 lead chosen")).to_be_visible()
    page.get_by_role("button", name="Choose all that match").click()
    expect(page.get_by_text(f"{RESTING + WITH_SALES} leads chosen")).to_be_visible()
    page.get_by_role("button", name="Enroll", exact=True).click()

    dialog = page.get_by_role("dialog", name=f"Enroll {RESTING + WITH_SALES} leads")
    expect(dialog).to_contain_text("Choose a cadence.")
    dialog.get_by_label("Cadence").click()
    page.get_by_role("option", name="welcome-nurture").click()
    expect(dialog).to_contain_text(f"{RESTING} leads enter.")
    expect(dialog).to_contain_text("With sales")
    expect(dialog.get_by_role("link", name=f"Mina Quist {RESTING}")).to_be_visible()
    expect(dialog).to_contain_text("When the first mails go")
    dialog.get_by_label("How fast").click()
    page.get_by_role("option", name="So many a day").click()
    dialog.get_by_label("How many").fill("2")
    expect(dialog).to_contain_text("The last one enters on")
    dialog.get_by_label("Why", exact=True).fill("Met in Milan")
    dialog.get_by_role("button", name="Enroll", exact=True).click()

    page.wait_for_url(re.compile(r"/enrollments/\d+"))
    expect(page.get_by_text("Met in Milan")).to_be_visible()
    expect(page.get_by_text("2 a day")).to_be_visible()
    run = int(page.url.rpartition("/")[2])
    counted = "SELECT count(*) FROM enrollment_run_lead WHERE run_id = :run AND state = :state"
    assert site.value(counted, run=run, state="waiting") == RESTING
    assert site.value(counted, run=run, state="left_out") == WITH_SALES

    page.get_by_role("button", name="Undo").click()
    sure = page.get_by_role("dialog")
    expect(sure).to_contain_text(f"Undo the enrollment of {RESTING} leads?")
    sure.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(f"{RESTING} leads are taken back.")).to_be_visible()
    assert site.value(counted, run=run, state="dropped") == RESTING
    page.goto("/console/enrollments")
    expect(page.get_by_role("row", name=re.compile("Met in Milan"))).to_contain_text("undone")


def test_marketing_changes_several_leads_at_once(
    site: Site, console: Console, fair: list[int]
) -> None:
    """Eight visitors of a fair would be opened one by one to enter their country."""
    page = console("marketing")
    page.goto(f"/console/leads?source={SOURCE}")
    page.get_by_label(f"Choose all {len(fair)} shown").check()
    page.get_by_role("button", name="Set a field").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Field").click()
    page.get_by_role("option", name="Country").click()
    dialog.get_by_role("button", name="Set", exact=True).click()
    expect(dialog.get_by_text("Say which value they are to have.")).to_be_visible()
    dialog.get_by_label("Value").fill("Atlantis")
    dialog.get_by_role("button", name="Set", exact=True).click()
    expect(dialog.get_by_text("'Atlantis' is no country.")).to_be_visible()
    dialog.get_by_label("Value").fill("Italy")
    dialog.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text(f"{len(fair)} leads have it.")).to_be_visible()
    in_italy = "SELECT count(*) FROM lead WHERE id = ANY(:leads) AND country = 'IT'"
    assert site.value(in_italy, leads=fair) == len(fair)

    page.get_by_label("Choose Mina Quist 0").check()
    page.get_by_label("Choose Mina Quist 1").check()
    page.get_by_role("button", name="Suppress").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("asked at the fair")
    with site.database.begin() as connection:
        for table, column in (("lead_correction", "lead_id"), ("lead", "id")):
            connection.execute(text(f"DELETE FROM {table} WHERE {column} = :id"), {"id": fair[0]})
    dialog.get_by_role("button", name="Suppress").click()
    expect(page.get_by_text("1 lead gets no more marketing mail.")).to_be_visible()
    expect(page.get_by_text(f"1 lead was left out: #{fair[0]}")).to_be_visible()
    stopped = "SELECT count(*) FROM suppression WHERE email_key LIKE 'visitor%@fair.example'"
    assert site.value(stopped) == 1
