"""How fast mails go out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import send_pace
from activities.send_pace import SendPace
from store.engine import engine, single_statements

SLOT = 1000.0
"""Seconds for one mail: none becomes free while a test runs."""


@pytest.fixture
def statements(database_url: str) -> Iterator[Engine]:
    """A database of the test's own."""
    database = engine(database_url)
    yield single_statements(database)
    database.dispose()


def pace(statements: Engine, places: int = 4) -> SendPace:
    """The pace of one process."""
    return SendPace(statements, "stand-in", per_second=1 / SLOT, places=places)


def free_since(statements: Engine, seconds: float) -> None:
    """Nobody has sent anything for so long."""
    with statements.connect() as connection:
        connection.execute(
            text("UPDATE send_rate SET taken_until = now() - :free * interval '1 second'"),
            {"free": seconds},
        )


def test_two_processes_share_one_rate(statements: Engine) -> None:
    """Each would send as many as the provider takes from us all, and it would block us."""
    paces = [pace(statements), pace(statements)]
    for may_send in (True, False, False):
        with paces[0].allowed(at_once=True) as allowed:
            assert allowed is may_send
        paces.reverse()


def test_those_in_the_queue_come_before_those_that_can_go_at_once(statements: Engine) -> None:
    """While the rate is used up, who waits would wait for ever, and who comes later go first."""
    one = pace(statements)
    with one.allowed(at_once=True) as allowed:
        assert allowed
    free_since(statements, SLOT / 2)

    with one.allowed(at_once=True) as allowed:
        assert not allowed
    with one.allowed(at_once=False) as allowed:
        assert allowed


def test_the_rate_that_was_not_used_is_not_saved_up(statements: Engine) -> None:
    """After a quiet night a provider would be given the mails of hours within a second."""
    one = pace(statements)
    with one.allowed(at_once=True):
        pass
    free_since(statements, 100 * SLOT)

    taken = 0
    for _ in range(4):
        with one.allowed(at_once=True) as allowed:
            taken += allowed

    assert taken == 2


def test_a_provider_that_hangs_takes_the_places_of_a_process_and_no_more(
    statements: Engine,
) -> None:
    """All workflow tasks would wait for it."""
    with statements.connect() as connection:
        connection.execute(text("INSERT INTO send_rate VALUES ('stand-in', '-infinity')"))
    one = SendPace(statements, "stand-in", per_second=1000.0, places=2)
    with ExitStack() as sending:
        allowed = [sending.enter_context(one.allowed(at_once=True)) for _ in range(3)]

        assert allowed == [True, True, False]
    with one.allowed(at_once=True) as again:
        assert again


def test_a_slot_far_ahead_is_no_reason_to_wait(statements: Engine) -> None:
    """After a tiny rate, or a clock that was put back, nothing would be sent for hours. What two
    processes may take at the same moment is not far ahead."""
    one = pace(statements)
    with one.allowed(at_once=True):
        pass
    free_since(statements, -1.9 * SLOT)
    with one.allowed(at_once=True) as allowed:
        assert not allowed
    free_since(statements, -100 * SLOT)

    for may_send in (True, False):
        with one.allowed(at_once=True) as allowed:
            assert allowed is may_send


@pytest.mark.parametrize("why", ["cancelled", "shutting down", "too long"])
def test_an_attempt_that_nobody_waits_for_waits_for_no_slot(
    statements: Engine, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """Temporal has begun another, which may decide another branch: the lead would get both."""
    one = pace(statements)
    with one.allowed(at_once=True):
        pass
    environment = ActivityEnvironment()
    if why == "cancelled":
        environment.cancel()
    elif why == "shutting down":
        environment.worker_shutdown()
    else:
        monkeypatch.setattr(send_pace, "LONGEST_WAIT_SECONDS", 0.0)

    def wait() -> None:
        with one.allowed(at_once=False):
            raise AssertionError("it went out")

    with pytest.raises(ApplicationError) as later:
        environment.run(wait)

    assert (later.value.type, later.value.next_retry_delay) == ("RateUsedUp", timedelta(minutes=1))
