"""By which campaigns leads came: what marketing's money is measured by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from domain.lead_files.columns import recognise
from domain.lead_files.row import RowReader
from store.imports import lead_import
from store.imports.import_runs import RowWarning
from store.imports.opportunity_terms import import_terms
from store.opportunities.opportunities import open_opportunity
from store.opportunities.terms import KnownTerms, set_terms
from store.retention import sweep
from store.scoring.campaign_touches import first_and_last, keep_imported
from tests.store.test_visitors import NOW, Tracking

DAY = timedelta(days=1)


@pytest.fixture
def site(database_url: str) -> Iterator[Tracking]:
    """A site that reports what visitors do."""
    made = Tracking(database_url)
    yield made
    made.database.dispose()


def visit(site: Tracking, who: str, campaign: str, days_ago: float, **more: Any) -> None:
    """Somebody comes by a link of a campaign; the message arrives now."""
    url = f"https://x.example/?utm_source=Google&utm_campaign={campaign}"
    at = NOW - days_ago * DAY
    site.take(site.message("page", who, detail={"url": url, "path": "/"}, at=at, **more))


def came_by(site: Tracking) -> list[tuple[str, str]]:
    """Source and campaign of the first and the last touch of the one lead."""
    with site.database.connect() as connection:
        lead = connection.execute(text("SELECT id FROM lead")).scalar_one()
        found = first_and_last(connection, lead)
    return [(one.source, one.campaign) for one in (found.first, found.last) if one]


def bring(site: Tracking, *rows: dict[str, str]) -> list[RowWarning]:
    """A file of a CRM is imported; what was not taken over."""
    header = tuple(rows[0])
    reader = RowReader(recognise(header))
    with site.database.begin() as connection:
        lead_import.prepare(connection)
        read = [reader.read([row[name] for name in header]) for row in rows]
        lead_import.stage(connection, list(enumerate(read, start=1)))
        lead_import.merge(connection)
        keep_imported(connection, NOW)
        return import_terms(connection, "USD", by="import", at=NOW)


def test_the_first_touch_is_the_earliest_whatever_arrives_late(site: Tracking) -> None:
    """A phone that was offline reports last what happened first; the campaign that found the lead
    would be that which reported fastest."""
    visit(site, "anna", "spring", 3)
    site.take(site.identify("anna", "anna@acme.example"))
    visit(site, "anna", "summer", 1)
    assert came_by(site) == [("google", "spring"), ("google", "summer")]

    visit(site, "anna", "winter", 9)
    visit(site, "anna", "autumn", 2)

    assert came_by(site) == [("google", "winter"), ("google", "summer")]


def test_what_brought_a_visitor_is_the_lead_s_once_it_is_known(site: Tracking) -> None:
    """People come by an advertisement long before they say who they are, and from two devices."""
    visit(site, "phone", "spring", 5)
    visit(site, "laptop", "summer", 2)
    site.take(site.identify("laptop/7", "anna@acme.example"))
    site.take(site.page("phone/7"))

    assert came_by(site) == [("google", "spring"), ("google", "summer")]
    assert site.value("SELECT count(*) FROM campaign_touch WHERE lead_id IS NULL") == 0


def test_a_message_that_comes_twice_is_one_touch_and_a_page_without_utm_none(
    site: Tracking,
) -> None:
    """Libraries send again what was not answered: a campaign would get twice the credit."""
    for _ in range(2):
        visit(site, "anna", "spring", 1, key="same")
    site.take(site.page("anna"))

    assert site.value("SELECT count(*) FROM campaign_touch") == 1


def test_what_brought_nobody_goes_with_its_visitor(site: Tracking) -> None:
    """A visitor that nobody came to know is forgotten, and what is said of it with it."""
    visit(site, "anna", "spring", 1)
    with site.database.begin() as connection:
        sweep(connection, NOW + 365 * DAY)

    assert site.value("SELECT count(*) FROM campaign_touch") == 0


def test_a_file_tells_first_and_last_touch_once(site: Tracking) -> None:
    """What the CRM knows of campaigns would be lost with the change of systems, and a second
    import would count it twice; and what the file says is no newer than it says."""
    row = {
        "Email": "anna@acme.example",
        "First touch UTM source": "LinkedIn",
        "First touch UTM campaign": "Q1",
        "First touch date": "2026-01-10",
        "Last touch UTM source": "newsletter",
    }
    bring(site, row)
    bring(site, row)
    assert came_by(site) == [("linkedin", "q1"), ("newsletter", "")]
    assert site.value("SELECT count(*) FROM campaign_touch") == 2

    bring(site, {"Email": "anna@acme.example", "utm_source": "fair", "utm_at": "2026-02-01"})
    assert came_by(site) == [("linkedin", "q1"), ("newsletter", "")]
    assert site.value("SELECT attributes->>'utm_source' FROM lead") == "fair"


def test_a_file_says_what_the_one_open_opportunity_is_worth(site: Tracking) -> None:
    """Whoever changes systems would type each amount again; of two opportunities nobody can tell
    which is meant."""
    columns = {"Amount": "48.000,50", "Currency": "EUR", "Close date": "2026-09-30"}
    rows = [{"Email": f"{who}@acme.example"} | columns for who in ("anna", "ben", "eva")]
    bring(site, *rows)
    with site.database.begin() as connection:
        for lead, sales in ((1, 1), (2, 2)):
            for sale in range(sales):
                open_opportunity(
                    connection, key=f"{lead}-{sale}", lead_id=lead, stage="discovery", at=NOW
                )
    rows.append({"Email": "ben@acme.example"} | columns | {"Currency": "", "Amount": "5"})
    warnings = bring(site, *rows)

    assert [(one.row, "2 open opportunities" in one.reason) for one in warnings] == [(2, True)]
    assert site.rows(
        "SELECT lead_id, amount::text, currency, expected_close::text FROM opportunity ORDER BY id"
    ) == [(1, "48000.50", "EUR", "2026-09-30"), (2, None, "", None), (2, None, "", None)]
    assert site.value("SELECT by FROM opportunity_change") == "import"


def test_an_amount_that_its_currency_does_not_have_is_told_with_its_row(site: Tracking) -> None:
    """Whoever moves from another CRM would miss a third of the pipeline and not know of which
    rows. What else the row says counts."""
    bring(site, {"Email": "anna@acme.example"})
    with site.database.begin() as connection:
        sale = open_opportunity(connection, key="1", lead_id=1, stage="discovery", at=NOW)
        set_terms(connection, sale, KnownTerms(Decimal(100), "JPY", None), by="x", at=NOW)
    row = {"Email": "anna@acme.example", "Amount": "48000.50", "Close date": "2026-09-30"}

    warnings = bring(site, row)

    assert [one.row for one in warnings] == [1]
    assert "more decimal places than JPY" in warnings[0].reason
    assert site.rows("SELECT amount, currency, expected_close::text FROM opportunity") == [
        (100, "JPY", "2026-09-30")
    ]
