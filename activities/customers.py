"""After the opportunity: hand the customer over, watch its dates, let it go."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection
from temporalio import activity

from activities.resources import Resources
from domain.contracts.journey_sales import (
    CustomerCare,
    DatePassed,
    EndCare,
    FindNextDate,
    NextDate,
    WelcomeCustomer,
)
from domain.contracts.waits import WaitKind, wait_until
from domain.time.window import zone
from store.journeys import journeys
from store.opportunities import customers
from store.sla.business_time import calendar_of


class CustomerActivities:
    """What a customer's journey asks for."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def welcome_customer(self, request: WelcomeCustomer) -> CustomerCare:
        """Enter the customer phase, give the customer its owner and note its dates, once."""
        now = self.resources.now()
        lead = request.entry.lead_id
        with self.resources.engine.begin() as connection:
            entered = journeys.record_entry(connection, request.entry, now)
            rules = customers.care_policy(connection)
            if rules is None:
                return CustomerCare(entered.owner, entered.score_band, ends=True)
            opportunity = customers.won_opportunity(connection, lead)
            owner = customers.hand_over(connection, lead, rules.owner, now)
            local = zone(calendar_of(connection, owner).time_zone)
            sold = (opportunity.closed_at if opportunity else now).astimezone(local).date()
            customers.mark_dates(
                connection, lead, opportunity.id if opportunity else None, rules.first_dates(sold)
            )
        return CustomerCare(
            owner,
            entered.score_band,
            tasks=rules.task_ids(),
            cadence=rules.cadence,
            opportunity_id=opportunity.id if opportunity else 0,
        )

    @activity.defn(no_thread_cancel_exception=True)
    def next_date(self, request: FindNextDate) -> NextDate:
        """The date whose task opens next, and when that is: the policy's time before it, when the
        owner's team is at work."""
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            rules = customers.care_policy(connection)
            dates = rules.dates if rules else {}
            opens = [
                (
                    opening_of(
                        connection, request.lead_id, due.on, now, dates[due.kind].remind.length
                    ),
                    due,
                )
                for due in customers.dates_of(connection, request.lead_id)
                if due.kind in dates
            ]
        if not opens:
            return NextDate()
        at, due = min(opens, key=lambda one: (one[0], one[1].id))
        return NextDate(
            due.id,
            due.kind,
            due.on.isoformat(),
            self.resources.seconds_until(at, now),
            wait_until(WaitKind.CUSTOMER_DATE, at, kind=due.kind, day=due.on.isoformat()),
        )

    @activity.defn(no_thread_cancel_exception=True)
    def date_passed(self, request: DatePassed) -> None:
        """Move a date that comes again on, and forget one that does not."""
        on = date.fromisoformat(request.on)
        with self.resources.engine.begin() as connection:
            due = customers.date_of(connection, request.renewal_id)
            rules = customers.care_policy(connection)
            if due is None:
                return
            every = rules.dates[due.kind].every if rules and due.kind in rules.dates else None
            customers.move_date(connection, due.id, on, every.after(on) if every else None)

    @activity.defn(no_thread_cancel_exception=True)
    def end_care(self, request: EndCare) -> None:
        """Give a customer that leaves back to who sold to it."""
        with self.resources.engine.begin() as connection:
            customers.end_care(connection, request.lead_id, self.resources.now())


def opening_of(
    connection: Connection, lead_id: int, on: date, now: datetime, before: timedelta
) -> datetime:
    """When a date's task opens (UTC): ``before`` it, as soon as the owner's team is at work, and
    not in the past."""
    calendar = calendar_of(connection, customers.owner_of(connection, lead_id))
    day = datetime.combine(on - before, time(), zone(calendar.time_zone))
    return max(calendar.next_open(day), now)
