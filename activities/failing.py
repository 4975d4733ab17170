"""Counts activities that keep failing, so that somebody is told: their journeys wait and nobody
would see it but in Temporal's UI, one by one."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from store.health import note_failing

log = structlog.get_logger()

OFTEN = 5
"""From this attempt on a failure is no hiccup."""


class CountsFailing(Interceptor):
    """Notes each failure of an activity from its fifth attempt on: one small row for each kind.

    It holds only names of ours, never what a failure says. While the database is away nothing is
    noted; that is seen by itself.
    """

    def __init__(self, database: Engine) -> None:
        self._database = database

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,
    ) -> ActivityInboundInterceptor:
        """Put ourselves in front of the activity."""
        return _Counted(next, self._database)


class _Counted(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, database: Engine) -> None:
        super().__init__(next)
        self._database = database

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except Exception as error:
            if activity.info().attempt >= OFTEN:
                await asyncio.to_thread(self._note, activity.info(), _kind(error))
            raise

    def _note(self, info: activity.Info, error: str) -> None:
        try:
            with self._database.begin() as connection:
                note_failing(
                    connection,
                    activity=info.activity_type,
                    workflow=info.workflow_type or "",
                    error=error,
                    workflow_id=info.workflow_id or "",
                    attempt=info.attempt,
                )
        except SQLAlchemyError as away:
            log.warning("a failure is not counted", error=type(away).__name__)


def _kind(error: Exception) -> str:
    named = error.type if isinstance(error, ApplicationError) else None
    return named or type(error).__name__
