"""The SLA beside human tasks: what is promised about them is minded here."""

from __future__ import annotations

from temporalio import activity

from activities.resources import Resources
from domain.contracts.journey_sales import EnforcePromises, HoldPromises, PromisesEnforced
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
            minded = sla_breaches.mind(connection, request.task_id, now)
        seconds = self.resources.seconds_until_look(minded.look_at, now)
        said = ", ".join(minded.done)
        return PromisesEnforced(seconds, f"SLA of task {request.task_id}: {said}" if said else "")

    @activity.defn(no_thread_cancel_exception=True)
    def hold_promises(self, request: HoldPromises) -> None:
        """Stop the clocks of a lead whose journey is paused, or let them go on."""
        with self.resources.engine.begin() as connection:
            sla.hold(connection, request.lead_id, request.paused, self.resources.now())
