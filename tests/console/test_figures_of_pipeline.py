"""The pipeline, its forecast and the recycle yield as people read them."""

from __future__ import annotations

import csv
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from store.figures.refresh import refresh
from tests.console.conftest import Console
from tests.support.lead_histories import add_lead
from tests.support.web_app import Site

DAY = timedelta(days=1)


def part(page: Page, name: str) -> Locator:
    """A part of the page, by its heading."""
    heading = page.get_by_role("heading", name=name, exact=True)
    return page.locator("section.part").filter(has=heading)


def test_a_manager_holds_the_pipeline_against_a_target(
    site: Site, console: Console, tmp_path: Path
) -> None:
    """What is missing, what is expected of it and how far such forecasts were off stand on one
    page; an amount that nobody can read is told at the field."""
    chance, now = random.Random(5), datetime.now(UTC)
    with site.database.begin() as connection:
        lead = add_lead(connection, [(1, "known", 0.0)])
        for _ in range(240):
            opened = now - chance.uniform(1, 1100) * DAY
            closed = opened + chance.expovariate(1 / 45) * DAY
            over = closed < now
            connection.execute(
                text(
                    "INSERT INTO opportunity (key, lead_id, opened_at, stage, outcome, closed_at, "
                    "amount, currency) VALUES (gen_random_uuid()::text, :lead, :opened, :stage, "
                    ":outcome, :closed, 1000, 'USD')"
                ),
                {
                    "lead": lead,
                    "opened": opened,
                    "stage": chance.choice(("discovery", "proposal")),
                    "outcome": chance.choice(("won", "lost")) if over else "",
                    "closed": closed if over else None,
                },
            )
    page = console("manager")
    page.goto("/console/figures/pipeline")
    change = part(page, "Change of the pipeline")
    expect(page.locator(".chart svg").first).to_be_visible()
    expect(change.get_by_role("row").filter(has_text="At the end")).to_be_visible()
    expect(part(page, "Forecast")).to_contain_text("within the interval")
    page.get_by_label("Target").fill("a lot")
    expect(page.get_by_text("'a lot' can't be an amount of money.")).to_be_visible()
    page.get_by_label("Target").fill("5,000,000")
    expect(page).to_have_url(re.compile(r"pipeline\?target=5000000$"))
    expect(change).to_contain_text("Missing to the target")
    expect(change).to_contain_text("×")
    expect(part(page, "Forecast")).to_contain_text("Of what is missing to the target")
    # One report's refusal leaves the other where it is, and a period that is over no promise.
    page.get_by_label("Target").fill("5000 chf")
    expect(part(page, "Change of the pipeline").get_by_role("alert")).to_contain_text("no rate")
    expect(part(page, "Forecast")).to_contain_text("within the interval")
    page.get_by_label("Target").fill("5,000,000")
    page.get_by_label("Until before").fill(f"{now - 30 * DAY:%Y-%m-%d}")
    expect(part(page, "Forecast")).not_to_contain_text("Of what is missing to the target")
    expect(change).to_contain_text("Missing to the target")
    page.get_by_label("Forecast period").select_option("30")
    expect(page).to_have_url(re.compile(r"days=30"))

    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV: Forecast").click()
    file = tmp_path / "forecast.csv"
    download.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert (datetime.fromisoformat(rows[-1]["ends"]).date() - now.date()).days in (29, 30, 31)
    assert rows[-1]["wins"] == ""


def test_marketing_sees_what_came_of_the_recycled_and_what_it_took(
    site: Site, console: Console
) -> None:
    """Who chooses how long leads rest must see what other waits brought."""
    chance = random.Random(7)
    with site.database.begin() as connection:
        for number in range(120):
            at = 20 + (40 if number % 3 else 10)
            moves = [(1, "known", 0.0), (1, "mql", 1.0), (1, "recycled", 20.0), (2, "known", at)]
            moves += [(2, "mql", at + 1)] if chance.random() < 0.5 else []
            add_lead(connection, moves, reason="no_response", source="old fair")
        refresh(connection)
    page = console("marketing")
    page.goto("/console/figures/recycle?source=old+fair")

    came = page.get_by_role("region", name="What came of them")
    together = came.get_by_role("row").filter(has_text="Together")
    expect(together.get_by_role("cell").nth(1)).to_have_text("120")
    waits = page.get_by_role("region", name="Other waits")
    shorter = waits.get_by_role("row").filter(has_text="shorter")
    expect(shorter.get_by_role("cell").nth(3)).to_have_text("40")
    expect(shorter.get_by_role("cell").nth(5)).to_contain_text("…")
    page.get_by_label("Split by").select_option("wait")
    expect(came.get_by_role("row").filter(has_text="30 to 59 days")).to_be_visible()
