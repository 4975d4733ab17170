"""The SLA beside human tasks: what is promised about them is minded here."""

from __future__ import annotations

from temporalio import activity

from activities.resources import Resources
from domain.contracts.journey_sales import EnforcePromises, PauseSlaClocks, PromisesEnforced
from store.sla import sla
from store.tasks import sla_breaches


class SlaActivities:
    """Promises, breaches, and pauses."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def enforce_promises(self, request: EnforcePromises) -> PromisesEnforced:
        """Do what the promises about an open task demand, and say when to look again."""
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            enforced = sla_breaches.enforce(connection, request.task_id, now)
        seconds = self.resources.seconds_until_look(enforced.look_at, now)
        return PromisesEnforced(seconds, list(enforced.done))

    @activity.defn(no_thread_cancel_exception=True)
    def pause_sla_clocks(self, request: PauseSlaClocks) -> None:
        """Stop the clocks of a lead whose journey is paused, or let them go on."""
        with self.resources.engine.begin() as connection:
            sla.pause_clocks(connection, request.lead_id, request.paused, self.resources.now())
