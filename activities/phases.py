"""Entering and leaving the phases of a journey."""

from __future__ import annotations

from temporalio import activity

from activities.resources import Resources
from domain.contracts.journey import EndJourney, Entered, EnterRecycle, PhaseEntry, RecycleStay
from domain.contracts.waits import WaitKind, wait_until
from domain.sales.recycle import RecyclePolicy, stay_of
from store.journeys import enrollment_entries, journeys
from store.published.policies import policy
from store.recycle import recycle


class PhaseActivities:
    """Transitions, parking and the end."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def enter_phase(self, entry: PhaseEntry) -> Entered:
        """Record that the lead entered a phase; gives it an owner where the phase needs one."""
        with self.resources.engine.begin() as connection:
            return journeys.record_entry(connection, entry, self.resources.now())

    @activity.defn(no_thread_cancel_exception=True)
    def enter_recycle(self, request: EnterRecycle) -> RecycleStay:
        """Put the lead into the recycle stage and say for how long, by the recycle policy."""
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            entered = journeys.record_entry(connection, request.entry, now)
            enrollment_entries.back_at_rest(connection, request.entry.lead_id)
            lead = recycle.recycled_lead(connection, request.entry.lead_id, request.reason)
            rules = policy(connection, RecyclePolicy)
            last = enrollment_entries.last_cadence(connection, lead.lead_id)
            rest = recycle.with_cadence_in_force(
                connection, rules, lead, stay_of(rules, lead), last
            )
            recycle.record_stay(connection, lead.lead_id, rest)
        return RecycleStay(
            ends=rest.stops,
            seconds=self.resources.seconds_until(rest.until, now),
            cadence=rest.cadence,
            reactivates_early=rest.reactivates_early,
            wait=wait_until(
                WaitKind.RECYCLED,
                rest.until,
                reason=request.reason,
                cadence=rest.cadence,
                why=rest.why,
            ),
            score_band=entered.score_band,
            returns_for=rest.why,
        )

    @activity.defn(no_thread_cancel_exception=True)
    def end_journey(self, request: EndJourney) -> None:
        """Record the end of the journey."""
        with self.resources.engine.begin() as connection:
            journeys.record_entry(connection, request.entry, self.resources.now())
