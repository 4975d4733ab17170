"""What leads lack, and what has stopped, as people find it in the console."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from playwright.sync_api import expect
from sqlalchemy import text

from domain.figures.anomalies import StoppedSeries
from store.figures import anomalies
from tests.console.conftest import Console
from tests.support.lead_histories import add_lead
from tests.support.web_app import Site
from web.console.figures.data_definitions import DEFINITIONS_OF_DATA
from web.console.figures.definitions import DEFINITIONS
from web.console.figures.leak_definitions import LEAK_DEFINITIONS
from web.console.figures.month_definitions import MONTH_DEFINITIONS
from web.console.figures.pipeline_definitions import PIPELINE_DEFINITIONS
from web.console.figures.scoring_definitions import SCORING_DEFINITIONS
from web.console.figures.team_definitions import TEAM_DEFINITIONS


def test_no_definition_takes_the_place_of_another() -> None:
    """What a figure of leaks means was told of anomalies."""
    parts = (
        *(LEAK_DEFINITIONS, DEFINITIONS_OF_DATA, SCORING_DEFINITIONS, PIPELINE_DEFINITIONS),
        *(MONTH_DEFINITIONS, TEAM_DEFINITIONS),
    )
    keys = [key for part in parts for key in part]
    assert len(keys) == len(set(keys))
    assert DEFINITIONS["usual"] == LEAK_DEFINITIONS["usual"]


def test_marketing_opens_the_leads_that_lack_something(site: Site, console: Console) -> None:
    """A number that leads nowhere is repaired by nobody."""
    with site.database.begin() as connection:
        for n in range(3):
            add_lead(connection, [(1, "known", 0.0)], source="expo", country="DE" if n else "")
    page = console("marketing")
    page.goto("/console/figures/data-quality")

    row = page.get_by_role("row").filter(has_text="expo")
    expect(row.get_by_role("cell").nth(1)).to_have_text("3")
    row.get_by_role("cell").nth(4).get_by_role("link").click()

    expect(page).to_have_url(re.compile(r"leads\?without=country&source=expo$"))
    expect(page.locator(".found").get_by_role("status")).to_have_text("1 lead")


def test_ops_sees_a_webhook_gone_quiet_and_goes_from_there(site: Site, console: Console) -> None:
    """What has stopped stands first, with what was usual; what is over stands below."""
    now = datetime.fromisoformat("2026-03-03T02:00:00+00:00")
    day = date(2026, 3, 2)
    with site.database.begin() as connection:
        over = [StoppedSeries(("source", "gone fair"), 5, 1, 24.0, 1e-9)]
        anomalies.keep(connection, over, {}, day - timedelta(days=9), now - timedelta(days=9))
        found = [StoppedSeries(("intake", "mail_events"), 2, 0, 412.0, 1e-9)]
        anomalies.keep(connection, found, {("source", "gone fair"): [30]}, day, now)
    page = console("ops")
    page.goto("/console/figures/anomalies")

    going = page.get_by_role("region", name="Stopped or collapsed")
    expect(going.get_by_role("row").nth(1)).to_contain_text("Events about mail")
    expect(going.get_by_role("row").nth(1)).to_contain_text("412")
    expect(page.get_by_role("region", name="As usual again")).to_contain_text("gone fair")
    with site.database.begin() as connection:
        connection.execute(text("DELETE FROM figure_anomaly"))
