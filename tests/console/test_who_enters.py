"""Marketing sees who enters a cadence by itself, who does not, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, text

from store.publishing.publishing import check_beside_published, publish_checked
from store.scoring.engagement import LeadActivity, record
from store.tables import Lead
from tests.console.conftest import Console
from tests.support.entered import enter
from tests.support.web_app import Site

CADENCE = """\
cadence: trial-help
description: Two calls for those who try the product.
entry: {priority: 20, daily_cap: 50}
enter_when:
  - event: track
    where: event.name == "Sandbox Opened"
  - segment: looked-at-prices
  - date: trial_end
    days_before: 7
steps:
  - task: {title: Offer help}
"""
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture
def trials(site: Site) -> Iterator[list[int]]:
    """One lead that rests and one that sales has, after both have opened the sandbox."""
    now = datetime.now(UTC)
    rows = [
        {
            "email": f"{phase.lower()}@sandbox.example",
            "email_key": f"{phase.lower()}@sandbox.example",
            "first_name": "Ines",
            "last_name": phase,
            "stage": stage,
            "phase": phase,
            "phase_reason": "no_response",
            "phase_since": now - timedelta(days=9),
        }
        for phase, stage in (("Recycle", "recycled"), ("FollowUp", "mql"))
    ]
    with site.database.begin() as connection:
        checked = check_beside_published(connection, {"trial-help.yaml": CADENCE}, {})
        assert checked.problems == []
        publish_checked(connection, checked, now - timedelta(hours=1))
        leads = list(connection.scalars(insert(Lead).values(rows).returning(Lead.id)))
        record(
            connection,
            [
                LeadActivity(f"sandbox:{one}", "track", now, lead_id=one, name="Sandbox Opened")
                for one in leads
            ],
            now,
        )
    enter(site.database, now)
    yield leads
    with site.database.begin() as connection:
        for table in ("enrollment_run_lead", "entry_due", "engagement"):
            connection.execute(
                text(f"DELETE FROM {table} WHERE lead_id = ANY(:leads)"), {"leads": leads}
            )
        connection.execute(text("DELETE FROM lead WHERE id = ANY(:leads)"), {"leads": leads})


def test_the_pages_say_who_enters_by_what_and_who_does_not(
    console: Console, trials: list[int]
) -> None:
    """Marketing could not say why one lead gets the mails and another does not."""
    window = console("marketing")
    window.goto("/console/cadences/trial-help")
    said = window.locator("section", has=window.get_by_role("heading", name="Who enters"))
    expect(said).to_contain_text('Did something, if event.name == "Sandbox Opened"')
    expect(said).to_contain_text("Who joins the segment looked-at-prices")
    expect(said).to_contain_text("7 days before Trial end")
    row = said.get_by_role("row", name="Did something")
    expect(row).to_contain_text("Stay out: With sales 1")
    shoot(window, "cadence-en")

    window.goto(f"/console/leads/{trials[1]}")
    expect(window.get_by_text("Not in trial-help")).to_be_visible()
    shoot(window, "lead-en")
    window.get_by_text("Not in trial-help").click()
    expect(window.get_by_text("By itself")).to_be_visible()
    shoot(window, "run-en")
    if SHOTS:
        for language in ("ko", "zh"):
            other = console("marketing", language=language)
            other.goto("/console/cadences/trial-help")
            expect(other.get_by_text("looked-at-prices").first).to_be_visible()
            shoot(other, f"cadence-{language}")
            other.set_viewport_size({"width": 390, "height": 844})
            shoot(other, f"cadence-{language}-phone")


def shoot(window: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        window.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
