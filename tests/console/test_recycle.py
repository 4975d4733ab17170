"""The recycle pool as marketing works it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert, text

from store.recycle.recycle_pool import monday_of
from store.tables import Lead
from tests.console.conftest import Console
from tests.support.web_app import Site

DOZEN = 12
REASON = "no_outcome"
"""Nobody else in the company's pool rests for it."""


@pytest.fixture
def recycled(site: Site) -> Iterator[list[int]]:
    """Twelve leads that come back in the week after the next."""
    now = datetime.now(UTC)
    rows = [
        {
            "email": f"recycled{number}@pool.example",
            "email_key": f"recycled{number}@pool.example",
            "first_name": "Pia",
            "last_name": f"Rowan {number}",
            "stage": "recycled",
            "phase": "Recycle",
            "phase_reason": REASON,
            "phase_since": now - timedelta(days=10),
            "recycled_until": monday_of(now) + timedelta(weeks=2, days=2),
        }
        for number in range(DOZEN)
    ]
    with site.database.begin() as connection:
        leads = list(connection.scalars(insert(Lead).values(rows).returning(Lead.id)))
    yield leads
    with site.database.begin() as connection:
        gone = {"leads": leads, "journeys": [f"lead-{lead}" for lead in leads]}
        connection.execute(text("DELETE FROM lead WHERE id = ANY(:leads)"), gone)
        connection.execute(
            text("DELETE FROM relay_message WHERE workflow_id = ANY(:journeys)"), gone
        )


def test_marketing_wakes_twelve_parked_leads_at_once(
    site: Site, console: Console, recycled: list[int]
) -> None:
    """One by one nobody would; and who has not seen how many would reactivate the whole pool."""
    page = console("marketing")
    page.goto(f"/console/recycle?reason={REASON}")
    page.get_by_role("link", name=re.compile(rf": {DOZEN} leads")).click()
    page.wait_for_url(re.compile("week="))
    page.get_by_label(f"Choose all {DOZEN} shown").check()
    page.get_by_label("Choose Pia Rowan 3").uncheck()
    expect(page.get_by_text("11 leads chosen")).to_be_visible()
    page.get_by_label("Choose Pia Rowan 3").check()

    page.get_by_role("button", name="Reactivate now").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Reactivate {DOZEN} leads now?")
    dialog.get_by_role("button", name="Reactivate now").click()
    expect(page.get_by_text(f"{DOZEN} leads come back.")).to_be_visible()

    woken = site.value(
        "SELECT count(*) FROM relay_message WHERE workflow_id = ANY(:journeys) "
        "AND payload->>'code' = 'reactivated'",
        journeys=[f"lead-{lead}" for lead in recycled],
    )
    assert woken == DOZEN
    # Their journeys hear of it and go on; the page follows by itself.
    site.value("UPDATE lead SET phase = 'Nurture' WHERE id = ANY(:ids) RETURNING 1", ids=recycled)
    expect(page.get_by_text("No recycled lead is like that.")).to_be_visible()
