"""Today's figures and the lists behind them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert

from store.meetings.meeting_lines import MeetingFilter as WantedMeetings
from store.meetings.meeting_lines import MeetingState, list_meetings
from store.routing.unassigned import unassigned
from store.tables import SlaClock
from store.views.figures import NOT_STARTED
from store.views.inbox import TaskFilter, lines
from store.views.lead_search import LeadFilter, count_leads
from store.views.today import day_figures, leads_by_stage, mails_sent, promises_decided
from tests.console.conftest import Console
from tests.support.web_app import Site


@pytest.mark.parametrize("team", [None, "world"])
def test_a_figure_opens_as_many_as_it_counts(site: Site, team: str | None) -> None:
    """A manager who clicks on 5 no-shows and finds 3 believes neither."""
    now = datetime.now(UTC)
    begins, ends = now - timedelta(days=30), now + timedelta(days=30)
    with site.database.connect() as connection:
        figures = day_figures(connection, begins, ends, now, team)
        stages = leads_by_stage(connection, team)
        for did, number in (("answered", figures.answered), ("bounced", figures.bounced)):
            wanted = LeadFilter(did=did, since=begins, team=team)
            assert count_leads(connection, now, wanted) == number, did
        missed = WantedMeetings(state=MeetingState.NO_SHOW, since=begins, until=ends, team=team)
        assert len(list_meetings(connection, missed, limit=500)) == figures.no_shows > 0
        standing = WantedMeetings(standing=True, since=begins, until=ends, team=team)
        assert len(list_meetings(connection, standing, limit=500)) == figures.meetings
        asleep = LeadFilter(phase=[NOT_STARTED], team=team)
        assert count_leads(connection, now, asleep) == stages.pop(NOT_STARTED, 0)
        for stage, number in stages.items():
            assert count_leads(connection, now, LeadFilter(stage=[stage], team=team)) == number, (
                stage
            )
        assert len(lines(connection, TaskFilter(team=team), now, 500)) == figures.tasks_open
        assert (
            len(lines(connection, TaskFilter(team=team, late_at=now), now, 500))
            == figures.tasks_late
            > 0
        )
        assert len(unassigned(connection, team)) == figures.unassigned
        decided = promises_decided(connection, begins, ends, team, 500)
        assert sum(one.kept for one in decided) == figures.kept
        assert len(decided) == figures.kept + figures.broken
        assert len(mails_sent(connection, begins, ends, team, 500)) == figures.sent > 0
    assert figures.answered > 0


def test_a_managers_click_on_a_figure_shows_what_it_counts(site: Site, console: Console) -> None:
    """A figure that opens another list than it counts is believed by nobody."""
    task = "SELECT min(id) FROM task WHERE state = 'open' AND owner = 'rep-1'"
    held = "UPDATE task SET due_at = now() - interval '1 day' WHERE id = :id RETURNING lead_id"
    lead = site.value(held, id=site.value(task))
    with site.database.begin() as connection:
        connection.execute(
            insert(SlaClock).values(
                key="today:1",
                promise="accept",
                lead_id=lead,
                owner="rep-1",
                team="world",
                state="breached",
                started_at=datetime.now(UTC) - timedelta(hours=2),
                due_at=datetime.now(UTC) - timedelta(hours=1),
                ended_at=datetime.now(UTC),
            )
        )
    page = console("manager")
    for tile, row in (
        ("Tasks late", ".entry"),
        ("SLA kept", "tbody tr"),
        ("Mails sent", "tbody tr"),
        ("Meetings", "tbody tr"),
        ("Waiting for a rep", "tbody tr"),
    ):
        page.goto("/console/today")
        shown = page.locator(".tile", has_text=tile)
        told = shown.inner_text()
        figure = int(told.split(" of ")[1] if " of " in told else told.split("\n")[0])
        shown.click()
        expect(page.locator(".tile")).to_have_count(0)
        expect(page.locator(row)).to_have_count(figure)
        if tile == "SLA kept":
            expect(page.locator(row).first).to_contain_text("broken")
