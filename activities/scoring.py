"""All leads counted anew when marketing has published new scoring rules."""

from __future__ import annotations

import time

from temporalio import activity

from activities.resources import Resources
from domain.contracts.rescoring import EscalateBacklog, Escalation, RescoreLeads, RescoreProgress
from domain.scoring.policy import ScoringPolicy
from store.published.policies import policy
from store.scoring import scoring_runs
from store.scoring.sales_pace import PORTION, room

SLICE_SECONDS = 10.0
"""Real seconds after which one activity reports how far it is."""


class ScoringActivities:
    """The activities of a scoring run."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def rescore_leads(self, request: RescoreLeads) -> RescoreProgress:
        """Count leads for a while. What is counted is committed, and never counted twice."""
        begun = time.monotonic()
        while True:
            with self.resources.engine.begin() as connection:
                run = scoring_runs.lock_run(connection, request.run_id)
                if run.rescored_at is None and not run.superseded:
                    run = scoring_runs.rescore_slice(connection, run, self.resources.now())
            done = run.rescored_at is not None or run.superseded
            if done or time.monotonic() - begun > SLICE_SECONDS:
                details = f"Scored {run.rescored:,} of {run.leads:,} leads by version {run.version}"
                return RescoreProgress(done, details)

    @activity.defn(no_thread_cancel_exception=True)
    def escalate_backlog(self, request: EscalateBacklog) -> Escalation:
        """Hand over the next portion of those whom the new rules made ready."""
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            run = scoring_runs.lock_run(connection, request.run_id)
            if run.superseded:
                scoring_runs.finish_run(connection, request.run_id, now)
                return Escalation(0.0, "Newer scoring rules have taken over")
            rules = policy(connection, ScoringPolicy)
            # A retry, and a run that another has taken over from, have had theirs already.
            waiting = scoring_runs.escalate(connection, run, room(connection, rules, now), now)
            if not waiting:
                scoring_runs.finish_run(connection, request.run_id, now)
                return Escalation(0.0, "All leads are scored, and sales has those that are ready")
        details = (
            f"{waiting:,} leads are ready; sales gets {rules.backlog_per_hour} of them an hour"
        )
        return Escalation(self.resources.seconds_until(now + PORTION, now), details)
