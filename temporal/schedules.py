"""What Temporal starts by the calendar: the figures of each day."""

from __future__ import annotations

from datetime import timedelta

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

from domain.contracts.daily_figures import DAILY_FIGURES, DAILY_FIGURES_ID
from domain.contracts.journey import JOURNEY_QUEUE
from settings import Settings

AT_HOUR, AT_MINUTE = 1, 10
"""When a day is over and what was late of it is there, on the clocks of the company."""
CATCH_UP = timedelta(days=7)
"""How late it is begun after an outage: once, whatever was missed."""
SHORTEST = timedelta(minutes=1)
"""Between two days of compressed time."""


async def see_to_daily_figures(client: Client, settings: Settings) -> None:
    """See to it that the Schedule is there, as these settings want it; one for all workers."""
    schedule = _schedule(settings)
    try:
        await client.create_schedule(DAILY_FIGURES_ID, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(DAILY_FIGURES_ID).update(
            lambda known: _changed(known, schedule)
        )


def _changed(known: ScheduleUpdateInput, schedule: Schedule) -> ScheduleUpdate | None:
    """The Schedule with its new days and rules; whether it is paused stays."""
    schedule.state = known.description.schedule.state
    return ScheduleUpdate(schedule)


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
