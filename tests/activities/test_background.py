"""What a worker does beside its journeys, as a worker does it: outside of any activity."""

from __future__ import annotations

from functools import partial

from sqlalchemy import text

from activities.cadence_changes import CadenceChanges
from activities.enrollment_runs import EnrollmentRuns
from activities.resources import Resources
from cli.connect import Terminal, operator
from domain.email.links import LinkSigner
from mail.channels.outbox import OutboxChannel
from services import cadences, enrollments, publishing
from services.enrollments import Enrolling, LeadsByIds
from settings import Settings
from store.engine import engine

CADENCE = "cadence: two\nsteps:\n  - email: welcome-1-checklist\n"


def test_a_worker_has_leads_enter_and_tells_those_in_a_cadence(published_url: str) -> None:
    """Outside of an activity there is no time at which one began: whoever asks for it finds the
    work failing every five seconds, and nobody who was enrolled ever enters."""
    settings = Settings(database_url=published_url, email_channel="outbox")
    database = engine(published_url)
    context = Terminal(settings, database)
    channel = OutboxChannel(database, settings.clock())
    resources = Resources(database, channel, LinkSigner("test", settings.web_url()), settings)
    check = partial(publishing.check_texts, files={"two.yaml": CADENCE})
    publishing.publish(context, operator(), ["two.yaml"], check)
    with database.begin() as connection:
        lead = connection.execute(
            text(
                "INSERT INTO lead (email, email_key, time_zone) "
                "VALUES ('a@b.example', 'a@b.example', 'UTC') RETURNING id"
            )
        ).scalar_one()
    enrollments.enroll(context, operator(), "two", Enrolling(LeadsByIds([lead])))

    assert EnrollmentRuns(resources).enter_some()
    cadences.pause(context, operator(), "two")
    assert CadenceChanges(resources).tell_some()

    with database.connect() as connection:
        told = connection.scalars(text("SELECT state FROM enrollment_run_lead")).all()
        assert told == ["told"]
        assert connection.scalar(text("SELECT told_to FROM cadence_state")) is None
    database.dispose()
