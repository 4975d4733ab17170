"""What Temporal starts by the calendar: the figures of each day."""

from __future__ import annotations

from datetime import timedelta

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from domain.contracts.daily_figures import DAILY_FIGURES, DAILY_FIGURES_ID
from domain.contracts.journey import JOURNEY_QUEUE
from settings import Settings

log = structlog.get_logger()

AT_HOUR, AT_MINUTE = 4, 10
"""When a day is over and what was late of it is there, on the clocks of the company: an hour that
the change of the clocks leaves out nowhere."""
CATCH_UP = timedelta(days=7)
"""How late it is begun after an outage: once, whatever was missed."""
REFUSALS = {
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.UNIMPLEMENTED,
    RPCStatusCode.FAILED_PRECONDITION,
}
"""What Temporal answers where it would answer the same again: a zone that it does not know."""
SHORTEST = timedelta(minutes=1)
"""Between two days of compressed time."""


async def see_to_daily_figures(client: Client, settings: Settings) -> None:
    """See to it that the Schedule is there, as these settings want it; one for all workers.

    Without it journeys go on: what Temporal refuses for good is only told.

    Raises:
        RPCError: Temporal can't say so now.
    """
    schedule = _schedule(settings)
    try:
        try:
            await client.create_schedule(DAILY_FIGURES_ID, schedule)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(DAILY_FIGURES_ID).update(
                lambda known: _changed(known, schedule)
            )
    except RPCError as error:
        if error.status not in REFUSALS:
            raise
        log.error("figures of days have no schedule", reason=error.status.name)


def _changed(known: ScheduleUpdateInput, schedule: Schedule) -> ScheduleUpdate | None:
    """The Schedule with its new days and rules; whether it is paused stays. None when they are the
    same: an update drops what an outage has left to catch up on."""
    before = known.description.schedule
    if _rules(before) == _rules(schedule):
        return None
    schedule.state = before.state
    return ScheduleUpdate(schedule)


def _rules(schedule: Schedule) -> tuple[object, ...]:
    spec = schedule.spec
    days = [[part.start for part in (*one.hour, *one.minute)] for one in spec.calendars]
    return (
        *(spec.time_zone_name or "", days, [one.every for one in spec.intervals]),
        *(schedule.policy.overlap, schedule.policy.catchup_window),
    )


def _schedule(settings: Settings) -> Schedule:
    factor = settings.clock().factor
    spec = ScheduleSpec(
        calendars=[
            ScheduleCalendarSpec(hour=[ScheduleRange(AT_HOUR)], minute=[ScheduleRange(AT_MINUTE)])
        ],
        time_zone_name=settings.company_time_zone,
    )
    if factor != 1.0:
        every = max(timedelta(days=1) / factor, SHORTEST)
        spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every)])
    return Schedule(
        action=ScheduleActionStartWorkflow(
            DAILY_FIGURES,
            id=DAILY_FIGURES_ID,
            task_queue=JOURNEY_QUEUE,
            static_summary="Figures of the day, what has stopped, digests of the week",
        ),
        spec=spec,
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
    )
