"""Once a day: keep the figures of the day that is over, see what has stopped, send digests."""

from __future__ import annotations

from temporalio import workflow

from domain.contracts.daily_figures import DAILY_FIGURES, KeepFigures, TellFigures
from workflows import activity_stubs


@workflow.defn(name=DAILY_FIGURES)
class DailyFigures:
    """A Schedule starts it (``temporal/schedules.py``); what it does twice, it does once."""

    @workflow.run
    async def run(self) -> None:
        """Do what the day asks for."""
        kept = await activity_stubs.keep_figures(KeepFigures())
        workflow.set_current_details(kept.details)
        await activity_stubs.tell_figures(TellFigures())
