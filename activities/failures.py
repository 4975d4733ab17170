"""What Temporal may know of a failure, and whether another attempt can fix it.

A database driver's message carries the whole statement with its values, a mail and its recipient
among them, and Temporal keeps failures in histories for months.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from store.engine import PERMANENT, RowGone


class DiscreetFailures(Interceptor):
    """Replaces errors of the database by a sentence without values. They are retried, but for
    those that are the same each time: the workflow hears of these at once."""

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,
    ) -> ActivityInboundInterceptor:
        """Put ourselves in front of the activity."""
        return _Discreet(next)


class _Discreet(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except (SQLAlchemyError, RowGone) as error:
            raise ApplicationError(
                str(error) if isinstance(error, RowGone) else _sentence(error),
                type=type(error).__name__,
                non_retryable=isinstance(error, PERMANENT),
            ) from None


def _sentence(error: SQLAlchemyError) -> str:
    # SQLSTATE, see appendix A of PostgreSQL's manual; a lost connection has none.
    state = getattr(error.orig, "pgcode", None) if isinstance(error, DBAPIError) else None
    return f"The database refused or was away ({type(error).__name__}, SQLSTATE {state or 'none'})."
