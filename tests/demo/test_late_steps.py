"""A busy system gets to a step late: what the recipient then sees, at any pace of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Engine, create_engine, text
from temporalio.testing import ActivityEnvironment

from activities.cadences import CadenceActivities
from activities.resources import Resources
from cli.cadence import CADENCES, TEMPLATES, publish_files
from domain.contracts.journey import BeginCadence, Plan, RunStep
from domain.email.links import LinkSigner
from mail.channels.outbox import OutboxChannel
from settings import Clock, Settings

Result = TypeVar("Result")

CLOSING = datetime(2026, 5, 7, 15, 30, tzinfo=UTC)
"""A Thursday, 16:30 in London: until Tuesday no welcome mail may go."""


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    publish_files(engine, CADENCES, TEMPLATES)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO lead (email, email_key, first_name, country, time_zone) VALUES "
                "('ada@b.example', 'ada@b.example', 'Ada', 'GB', 'Europe/London')"
            )
        )
    yield engine
    engine.dispose()


def first_mail(database: Engine, *, late: timedelta, factor: float) -> Plan:
    """Begin the welcome just before the window closes, and get to its mail ``late`` (real time)."""
    settings = Settings(demo_time_factor=factor, demo_time_epoch=CLOSING)
    channel = OutboxChannel(database, Clock(CLOSING, 1.0))
    links = LinkSigner("a secret of at least thirty-two bytes", "http://127.0.0.1:1")
    cadences = CadenceActivities(Resources(database, channel, links, settings))
    begun = CLOSING - timedelta(seconds=1) / factor
    enrolled = at(
        begun, lambda: cadences.begin_cadence(BeginCadence(1, "run", "welcome-nurture", 1))
    )
    assert enrolled.plan.kind == "send"
    step = RunStep(enrolled.enrollment_id, enrolled.plan.step, enrolled.plan.due)
    return at(begun + late, lambda: cadences.run_step(step))


def at(instant: datetime, act: Callable[[], Result]) -> Result:
    """Run an activity that Temporal started at the real ``instant``."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=instant)
    return environment.run(act)


def mails(database: Engine) -> int:
    with database.connect() as connection:
        count: int = connection.execute(text("SELECT count(*) FROM outbox_message")).scalar_one()
    return count


@pytest.mark.parametrize("factor", [1.0, 43_200.0])
def test_a_mail_a_little_late_for_its_window_still_goes(database: Engine, factor: float) -> None:
    """Else the lead waits five days for two seconds of load, and in the demo for ever: there a
    window is open for a fraction of a second."""
    plan = first_mail(database, late=timedelta(seconds=20), factor=factor)
    assert mails(database) == 1
    assert plan.step != "welcome-1-checklist"


def test_a_mail_that_missed_its_window_waits_for_the_next(database: Engine) -> None:
    """After an outage of an hour nobody may be written to in the evening."""
    plan = first_mail(database, late=timedelta(hours=1), factor=1.0)
    assert mails(database) == 0
    assert plan.kind == "send"
    assert datetime.fromisoformat(plan.due) == datetime(2026, 5, 12, 8, 0, tzinfo=UTC)
