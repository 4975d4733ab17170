"""Entering and leaving the phases of a journey."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from temporalio import activity

from activities.resources import Resources
from activities.sentences import local_time
from domain.journey import EndJourney, Entered, Park, Parking, PhaseEntry
from domain.policies import RecyclePolicy
from store import journeys
from store.policies import policy


class PhaseActivities:
    """Transitions, parking and the end."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn
    def enter_phase(self, entry: PhaseEntry) -> Entered:
        """Record that the lead entered a phase; gives it an owner where the phase needs one."""
        with self.resources.engine.begin() as connection:
            return journeys.record_entry(connection, entry, self.resources.now())

    @activity.defn
    def park(self, request: Park) -> Parking:
        """Put the lead into the recycle stage and say for how long, by the recycle policy."""
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            entered = journeys.record_entry(connection, request.entry, now)
            rule = policy(connection, RecyclePolicy, "recycle").rule(request.reason)
            lead = connection.execute(
                text("SELECT time_zone, country FROM lead WHERE id = :id"),
                {"id": request.entry.lead_id},
            ).one()
        until = rule.wait.after(now, lead.time_zone, lead.country)
        # Leads that were parked on one day come back spread over the next.
        until += timedelta(minutes=request.entry.lead_id * 7 % 240)
        when = local_time(until, lead.time_zone, now)
        return Parking(
            ends=request.entry.cycle > rule.cycles,
            seconds=self.resources.seconds_until(until, now),
            cadence=rule.cadence,
            wakes_early=rule.wakes_early,
            details=f"Parked for {request.reason} until {when}, then {rule.cadence or 'nurture'}",
            score_band=entered.score_band,
        )

    @activity.defn
    def end_journey(self, request: EndJourney) -> None:
        """Record the end of the journey."""
        with self.resources.engine.begin() as connection:
            journeys.record_entry(connection, request.entry, self.resources.now())
