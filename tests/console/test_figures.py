"""The figures as people read them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.console.conftest import Console
from tests.support.lead_histories import add_lead, facts_wait
from tests.support.web_app import Site


def test_marketing_opens_the_funnel_narrows_it_and_takes_it_out(
    site: Site, console: Console, tmp_path: Path
) -> None:
    """The figure on the page, in a link that is passed on and in the file must be one."""
    moves = [(1, "known", 0.0), (1, "engaged", 1.0), (1, "mql", 3.0)]
    with site.database.begin() as connection:
        for _ in range(24):
            add_lead(connection, moves, source="trade fair", created_at="2026-03-02")
        add_lead(connection, moves[:1], source="trade fair", created_at="2026-03-02")
    page = console("marketing")
    with facts_wait(site.database):
        page.goto("/console/figures/funnel")
        expect(page.get_by_role("status").filter(has_text="not counted yet")).to_be_visible()
    page.goto("/console/figures/funnel")
    expect(page.locator(".chart svg")).to_be_visible()
    page.get_by_label("Split by").select_option("source")
    expect(page).to_have_url(re.compile(r"funnel\?by=source$"))
    page.get_by_role("link", name="trade fair").first.click()
    expect(page).to_have_url(re.compile("source=trade"))

    table = page.get_by_role("region", name="All leads")
    known = table.get_by_role("row").filter(has_text="Known")
    expect(known.get_by_role("cell").nth(1)).to_have_text("25")
    expect(known.get_by_role("cell").nth(5)).to_have_text("96.0%")
    expect(table.get_by_role("link", name="Immature")).to_have_attribute(
        "title", re.compile("neither converted nor lost")
    )
    page.get_by_label("From").fill("2199-01-01")
    expect(page.get_by_role("alert")).to_contain_text("is in the future")
    page.get_by_label("From").fill("2026-03-01")
    expect(known.get_by_role("cell").nth(1)).to_have_text("25")

    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    file = tmp_path / "funnel.csv"
    download.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        first = next(csv.DictReader(lines))
    assert (first["kind"], first["stage"], first["entered"]) == ("all", "known", "25")
    assert (first["converted"], first["conversion"]) == ("24", "0.96")
    assert site.value("SELECT count(*) FROM api_change WHERE path = '/api/figures/funnel'") == 1
