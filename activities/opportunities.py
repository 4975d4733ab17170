"""Keeping opportunities: open, move on, see to those that stand still, close."""

from __future__ import annotations

from temporalio import activity

from activities.resources import Resources
from domain.contracts.journey import (
    AdvanceOpportunity,
    CloseOpportunity,
    OpenOpportunity,
    OpportunityOpened,
)
from domain.contracts.journey_sales import StallAnswer, StandsStill
from domain.sales.opportunities import OpportunityPolicy
from store.journeys import journeys
from store.opportunities import opportunities
from store.published.policies import policy


class OpportunityActivities:
    """What the workflow of an opportunity asks for."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def open_opportunity(self, request: OpenOpportunity) -> OpportunityOpened:
        """Enter the opportunity phase and record the opportunity, once per run."""
        now = self.resources.now()
        entry = request.entry
        with self.resources.engine.begin() as connection:
            entered = journeys.record_entry(connection, entry, now)
            promise = policy(connection, OpportunityPolicy)
            opportunity_id = opportunities.open_opportunity(
                connection,
                key=entry.key,
                lead_id=entry.lead_id,
                stage=promise.stages[0].name,
                at=now,
            )
        return OpportunityOpened(opportunity_id, entered.owner)

    @activity.defn(no_thread_cancel_exception=True)
    def advance_opportunity(self, request: AdvanceOpportunity) -> str:
        """Move the opportunity to its next stage, once per task."""
        with self.resources.engine.begin() as connection:
            stages = policy(connection, OpportunityPolicy).stages
            return opportunities.advance(
                connection,
                request.opportunity_id,
                task_id=request.task_id,
                stages=[stage.name for stage in stages],
                at=self.resources.now(),
            )

    @activity.defn(no_thread_cancel_exception=True)
    def opportunity_stands_still(self, request: StandsStill) -> StallAnswer:
        """Warn the owner; after the warnings have marketing help; then ask to have the opportunity
        back.

        An owner who asks for help (no overrun) gets it without a warning.
        """
        now = self.resources.now()
        info = activity.info()
        opportunity = request.opportunity_id
        with self.resources.engine.begin() as connection:
            rules = policy(connection, OpportunityPolicy)
            if request.asked == "return":
                return StallAnswer("over")
            if request.overruns:
                key = f"{info.workflow_run_id}:{info.activity_id}"
                opportunities.raise_stall(connection, opportunity, key=key, at=now)
            if 0 < request.overruns <= rules.stall_warnings:
                return StallAnswer("warn")
            if rules.help and request.may_help:
                cycle = opportunities.offer_help(connection, opportunity, now)
                return StallAnswer("help", rules.help.cadence, cycle)
        return StallAnswer("return" if request.overruns else "")

    @activity.defn(no_thread_cancel_exception=True)
    def close_opportunity(self, request: CloseOpportunity) -> None:
        """Record the outcome; the relay brings it to the lead's journey."""
        with self.resources.engine.begin() as connection:
            opportunities.close(
                connection,
                request.opportunity_id,
                outcome=request.outcome,
                reason=request.reason,
                at=self.resources.now(),
            )
