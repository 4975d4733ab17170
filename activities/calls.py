"""Planning calls: when the next one is due, and what the one before leads to."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection
from temporalio import activity

from activities.resources import Resources
from activities.sentences import local_time
from domain.contracts.journey import Plan
from domain.contracts.journey_sales import NextCall, PlanNextCall
from domain.contracts.tasks import Disposition
from domain.contracts.waits import Obstacle, WaitKind, wait_until
from domain.sales.calling_times import Callee, Slot, part_of, slot, turns
from domain.sales.follow_up import CallRules, FollowUpPolicy
from domain.sales.next_calls import NO_GAP, REACHED, Next, first_call, what_follows
from domain.time.spans import Pause
from domain.time.window import begins
from store.journeys.calls import CalledLead, PastCall, called_lead, past_call
from store.published.policies import policy
from store.sla.business_time import calendar_of


class CallActivities:
    """What the follow-up asks for."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def plan_next_call(self, request: PlanNextCall) -> NextCall:
        """What follows a call, and when: at the time the lead asked for, or after the policy's
        gap, in calling hours of the lead's own time zone while the owner's team works."""
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            promise = policy(connection, FollowUpPolicy)
            lead = called_lead(connection, request.lead_id)
            team = calendar_of(connection, lead.owner)
            made = past_call(connection, request.after_task)
            owed = _owed(connection, made, request.owed_task)
        callee = Callee(promise.calling_hours, lead.time_zone, lead.country, team)
        back = _back_at(lead)
        rules = promise.calls(request.outbound)
        mail = ""
        if made is None:
            following = first_call(rules)
        else:
            following = what_follows(
                rules, made.disposition, request.attempt, request.again, owed=owed is not None
            )
            if not made.skips_mail:
                mail = rules.mail_after(made.disposition, request.attempt)
        if following.kind in ("recycle", "disqualify"):
            plan = Plan("exit", reason=following.reason)
            return NextCall(plan, following.kind, following.attempt, mail=mail)
        began = datetime.fromisoformat(request.began) if request.began else now
        if request.at_once and made is None:
            due = Slot(now, None, team_works=True)
        elif owed is not None and owed.asked_for is not None and following.owed:
            due = _as_asked(callee, following, owed.asked_for, now)
        else:
            before = part_of(made.at, callee.time_zone) if made else None
            due = slot(
                callee,
                following.gap,
                began=began,
                now=now,
                # A line that was busy is tried again soon, not in the next part of the day.
                turns=() if following.again else turns(rules.spread, following.attempt, before),
                pauses=[self._pause(pause) for pause in request.pauses],
            )
            if back is not None and due.at < back:
                # Nobody is there to take the call before.
                due = slot(callee, NO_GAP, began=back, now=back)
        return NextCall(
            self._plan(rules, following, due, callee, now),
            attempt=following.attempt,
            again=following.again,
            owed_task=owed.task_id if owed else 0,
            began=began.isoformat(),
            mail=mail,
        )

    def _pause(self, pause: tuple[float, float]) -> Pause:
        clock = self.resources.settings.clock()
        began, ended = (clock.journey_time(datetime.fromtimestamp(at, UTC)) for at in pause)
        return began, ended

    def _plan(
        self, rules: CallRules, following: Next, due: Slot, callee: Callee, now: datetime
    ) -> Plan:
        when = local_time(due.at, callee.time_zone, now)
        if following.owed:
            wait = wait_until(WaitKind.CALL_BACK, due.at)
        else:
            wait = wait_until(
                WaitKind.CALL,
                due.at,
                because="" if due.team_works else Obstacle.HOURS_NEVER_MEET,
                attempt=following.attempt,
                attempts=rules.attempts,
                why=due.part or "",
            )
        return Plan(
            kind="task",
            seconds=self.resources.seconds_until(due.at, now),
            due=due.at.isoformat(),
            wait=wait,
            summary=f"Call attempt {following.attempt}, {when}",
        )


def _as_asked(callee: Callee, following: Next, asked_for: datetime, now: datetime) -> Slot:
    """The time the lead named, in calling hours or not; at once when it has passed."""
    if following.again:
        # Nobody made the call then: now it is one like any other.
        return slot(callee, NO_GAP, began=now, now=max(asked_for, now))
    return Slot(max(asked_for, now), None, team_works=True)


def _back_at(lead: CalledLead) -> datetime | None:
    """When a lead that is away is back (UTC), as far as it said."""
    return None if lead.away_until is None else begins(lead.away_until, lead.time_zone)


def _owed(connection: Connection, made: PastCall | None, owed_task: int) -> PastCall | None:
    """The call in which the lead asked for another at a time, unless it was made since."""
    if made is None or made.asked_for is not None:
        return made
    owed = past_call(connection, owed_task)
    if owed is None or owed.asked_for is None or made.disposition in REACHED:
        return None
    was_made = isinstance(made.disposition, Disposition) and made.at >= owed.asked_for
    return None if was_made else owed
