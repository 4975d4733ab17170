"""What time alone changes in sales: absences begin and end, leads wait too long,
promises fall due."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import activity

from activities.resources import Resources
from domain.contracts.sales_sweep import SalesSwept, SweepSales
from domain.scoring.policy import ScoringPolicy
from store.consent.confirmations import ask_who_waits
from store.engine import AWAY
from store.figures.lead_counts import add_up
from store.matching.account_matches import match_surely
from store.notifications.digests import raise_digests
from store.published.policies import PolicyMissing, policy
from store.retention import sweep
from store.routing.presence import current_absences, stand_in
from store.routing.routing import alert_about_unassigned, drain_unassigned, realign_tasks
from store.scoring.event_months import keep_months
from store.scoring.sales_pace import room
from store.scoring.scoring_runs import hand_over
from store.sla.due_times import recount_due
from store.sla.sla_recount import recount
from store.tasks.sla_breaches import enforce_for_lead, leads_due

ROUND = timedelta(minutes=5)
"""Journey time between two rounds."""
MATCHED_PAGES = 10
"""Pages of mail domains that are looked at in a round."""
SHORTEST_PAUSE = 2.0
"""Real seconds: compressed time must not keep the sales sweep busy without end."""


class SalesSweepActivities:
    """The activity of the sales sweep."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self._matched_until: str | None = None

    @activity.defn(no_thread_cancel_exception=True)
    def sweep_sales(self, request: SweepSales) -> SalesSwept:
        """Do the round: each part is a transaction of its own and does nothing twice."""
        now = self.resources.now()
        engine = self.resources.engine
        recounted = moved = 0
        if request.recount:
            with engine.begin() as connection:
                recounted = recount_due(connection, None, now)
            with engine.begin() as connection:
                recount(connection, None, now)
        with engine.begin() as connection:
            absences = current_absences(connection, now)
        for absence in absences:
            with engine.begin() as connection:
                moved += stand_in(connection, absence, now)
        with engine.begin() as connection:
            served = len(drain_unassigned(connection, now))
        with engine.begin() as connection:
            moved += realign_tasks(connection, now)
        with engine.begin() as connection:
            waiting = alert_about_unassigned(connection, now)
        with engine.begin() as connection:
            late = leads_due(connection, now)
        done = 0
        for lead_id in late:
            with engine.begin() as connection:
                done += len(enforce_for_lead(connection, lead_id, now))
        with engine.begin() as connection, suppress(PolicyMissing):
            places = room(connection, policy(connection, ScoringPolicy), now)
            hand_over(connection, places, now, cause="entry")
        with engine.begin() as connection:
            ask_who_waits(connection, now)
        self._match_accounts(now)
        with engine.begin() as connection:
            raise_digests(connection, now)
        with engine.begin() as connection:
            sweep(connection, now)
        with engine.begin() as connection:
            add_up(connection)
        with suppress(*AWAY):
            keep_months(engine, now, self.resources.settings.event_retention_months)
        return SalesSwept(
            max(self.resources.seconds_until(now + ROUND, now), SHORTEST_PAUSE),
            f"Leads that wait for an owner: {waiting}; reps on leave: {len(absences)}. In the last "
            f"round leads that got an owner: {served}; tasks moved: {moved}; due times counted "
            f"anew: {recounted}; steps taken about broken promises: {done}",
        )

    def _match_accounts(self, now: datetime) -> None:
        """Give leads to the accounts they surely belong to: some domains in each round, those that
        follow in the next."""
        for _page in range(MATCHED_PAGES):
            with self.resources.engine.begin() as connection:
                self._matched_until = match_surely(connection, now, self._matched_until or "")
            if self._matched_until is None:
                return
