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

from metrics import ACTIVITIES_GIVEN_UP, ACTIVITY_FAILURES
from store.health import record_failing

log = structlog.get_logger()

OFTEN = 5
"""From this attempt on a failure is no hiccup."""


class CountsFailing(Interceptor):
    """Counts each failure of an activity, and notes those from the fifth attempt on and those that
    no other attempt can fix: one small row for each kind.

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
            if activity.info().is_local:
                raise  # The queue's attempt comes next.
            info, kind = activity.info(), _kind(error)
            ACTIVITY_FAILURES.labels(info.activity_type, kind).inc()
            given_up = isinstance(error, ApplicationError) and error.non_retryable
            if given_up or info.attempt >= OFTEN:
                await asyncio.to_thread(note, self._database, kind, given_up=given_up)
            raise


def note(database: Engine, error: str, *, given_up: bool) -> None:
    """Have somebody told that the current activity fails.

    Args:
        error: type of the failure.
        given_up: whether no other attempt can fix it.
    """
    info = activity.info()
    if given_up:
        ACTIVITIES_GIVEN_UP.labels(info.activity_type, error).inc()
    try:
        with database.begin() as connection:
            record_failing(
                connection,
                activity=info.activity_type,
                workflow=info.workflow_type or "",
                error=error,
                workflow_id=info.workflow_id or "",
                attempt=info.attempt,
                given_up=given_up,
            )
    except SQLAlchemyError as away:
        log.warning("a failure is not counted", error=type(away).__name__)


def _kind(error: Exception) -> str:
    named = error.type if isinstance(error, ApplicationError) else None
    return named or type(error).__name__
