"""Which failures Temporal tries again, and what it hears of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from sqlalchemy import Engine, text
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.failures import DiscreetFailures
from store.engine import RowGone, engine


def asked(query: str) -> Callable[[Engine], None]:
    """An activity that asks the database."""

    def ask(database: Engine) -> None:
        with database.connect() as connection:
            connection.execute(text(query), {"value": "Wilhelmina"})

    return ask


def gone(_: Engine) -> None:
    """An activity whose row is not there."""
    raise RowGone("There is no lead 7.")


def broken(_: Engine) -> None:
    """An activity with a mistake in its code."""
    raise KeyError("Wilhelmina")


@pytest.mark.parametrize(
    ("does", "kind", "is_given_up"),
    [
        (asked("SELECT cast(:value AS int)"), "DataError", True),
        (gone, "RowGone", True),
        (asked("SELECT :value FROM nowhere"), "ProgrammingError", False),
        (asked("SELECT pg_terminate_backend(pg_backend_pid()), :value"), "OperationalError", False),
    ],
)
async def test_only_what_is_the_same_each_time_is_given_up(
    database_url: str, does: Callable[[Engine], None], kind: str, is_given_up: bool
) -> None:
    """A migration or a server that comes back fixes the others: a journey that is given up because
    of them would stand still for an hour after a second's trouble."""
    error = await failure(database_url, does)

    assert isinstance(error, ApplicationError)
    assert (error.type, error.non_retryable) == (kind, is_given_up)
    assert "Wilhelmina" not in str(error)


async def test_a_mistake_in_the_code_is_tried_again(database_url: str) -> None:
    """New code fixes it, and then nobody should have to wait."""
    assert isinstance(await failure(database_url, broken), KeyError)


async def failure(database_url: str, does: Callable[[Engine], None]) -> Exception:
    """What comes out of an activity that fails."""
    database = engine(database_url)

    class Activity:
        async def execute_activity(self, _: ExecuteActivityInput) -> Any:
            does(database)

    inner = cast(ActivityInboundInterceptor, Activity())
    try:
        intercepted = DiscreetFailures().intercept_activity(inner)
        running = intercepted.execute_activity(cast(ExecuteActivityInput, None))
        raised: Any = (await asyncio.gather(running, return_exceptions=True))[0]
    finally:
        database.dispose()
    assert isinstance(raised, Exception)
    return raised
