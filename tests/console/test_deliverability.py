"""How marketing sees why mail waits, and lets a stopped sender go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tests.console.conftest import Console
from tests.support.web_app import Site


@pytest.fixture
def stopped(site: Site) -> Iterator[str]:
    """A sending domain that was stopped for what bounces, and one that is slowed down."""
    standing = (
        "INSERT INTO sender_standing (domain, state, trouble, since, mails, bounced, complained, "
        "per_day) VALUES (:domain, :state, :trouble, now(), :mails, :bounced, 1, :per_day)"
    )
    counter = (
        "INSERT INTO send_counter (scope, name, hour, day, in_hour, in_day, climbed) "
        "VALUES ('slowed', 'guard.example', date_trunc('hour', now()), current_date, 7, 31, 0)"
    )
    rows = [
        ("news.guard.example", "stopped", "bounces", 1840, 41, None),
        ("guard.example", "slowed", "complaints", 9000, 12, 150),
    ]
    names = ("domain", "state", "trouble", "mails", "bounced", "per_day")
    with site.database.begin() as connection:
        connection.execute(text(standing), [dict(zip(names, row, strict=True)) for row in rows])
        connection.execute(text(counter))
    yield "news.guard.example"
    with site.database.begin() as connection:
        for table, column in (("sender_standing", "domain"), ("send_counter", "name")):
            connection.execute(text(f"DELETE FROM {table} WHERE {column} LIKE '%guard.example'"))


def test_marketing_sees_why_a_sender_is_stopped_and_lets_it_go_on(
    site: Site, console: Console, stopped: str
) -> None:
    """Its mail would wait for ever, and nobody in marketing could tell why."""
    page = console("marketing")
    page.goto("/console/deliverability?days=30")
    card = page.get_by_role("listitem").filter(has_text=stopped)
    expect(card.get_by_text("Too much of its mail bounces.")).to_be_visible()
    expect(card.get_by_text("41 (2.23%)")).to_be_visible()
    expect(page.get_by_role("cell", name="31 of 150")).to_be_visible()
    expect(page.get_by_text("Mail stays in the outbox, so nothing is asked.")).to_be_visible()

    card.get_by_role("button", name=f"Let it go on: {stopped}").click()
    page.get_by_role("dialog").get_by_role("button", name="Let it go on").click()

    expect(page.get_by_text(f"{stopped} goes on, slowly.")).to_be_visible()
    expect(card.get_by_text("Sends as usual")).to_be_visible()
    with site.database.connect() as connection:
        kept = connection.scalar(
            text("SELECT resumed_by FROM sender_standing WHERE domain = :domain"),
            {"domain": stopped},
        )
    assert kept
