"""Today's figures and the lists behind them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from store.figures import NOT_STARTED
from store.lead_search import Wanted, count_leads
from store.meeting_lines import MeetingState, list_meetings
from store.meeting_lines import Wanted as WantedMeetings
from store.today import day_figures, leads_by_stage
from tests.console.site import Site


@pytest.mark.parametrize("team", [None, "world"])
def test_a_figure_opens_as_many_as_it_counts(site: Site, team: str | None) -> None:
    """A manager who clicks on 5 no-shows and finds 3 believes neither."""
    now = datetime.now(UTC)
    begins, ends = now - timedelta(days=30), now + timedelta(days=30)
    with site.database.connect() as connection:
        figures = day_figures(connection, begins, ends, now, team)
        stages = leads_by_stage(connection, team)
        for did, number in (("answered", figures.answered), ("bounced", figures.bounced)):
            wanted = Wanted(did=did, since=begins, team=team)
            assert count_leads(connection, now, wanted) == number, did
        missed = WantedMeetings(state=MeetingState.NO_SHOW, since=begins, until=ends, team=team)
        assert len(list_meetings(connection, missed, limit=500)) == figures.no_shows > 0
        asleep = Wanted(phase=NOT_STARTED, team=team)
        assert count_leads(connection, now, asleep) == stages.get(NOT_STARTED, 0)
        recycled = Wanted(stage="recycled", team=team)
        assert count_leads(connection, now, recycled) == stages["recycled"] > 0
    assert figures.answered > 0
