"""A sales floor for the tests of promises: a team in Berlin, its SLA, and what happens there.

The team works from nine to five. Its clocks change on Sunday, 29 March 2026; Friday, 3 April, and
Monday, 6 April, are holidays.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text
from temporalio.testing import ActivityEnvironment

from activities.resources import Resources
from activities.sales_sweep import SalesSweepActivities
from domain.checking.lint import lint_policy
from domain.contracts.journey import Phase, PhaseEntry, TaskRequest
from domain.contracts.sales_sweep import SweepSales
from domain.contracts.tasks import TaskKind, Undone
from domain.email.links import LinkSigner
from domain.tasks.completion import Completion
from domain.tasks.rules import TASKS
from domain.time.spans import parse_clock_span
from mail.channels.outbox import OutboxChannel
from settings import Settings
from store.journeys import journeys
from store.published.policies import publish_policy
from store.scoring.lead_standing import is_ready_on_entry
from store.sla import sla
from store.tasks import sla_breaches, tasks

BERLIN = ZoneInfo("Europe/Berlin")
TEAM = """\
policy: team
teams:
  - team: world
    manager: boss
    calendar: {time_zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}, holidays: DE}
managers:
  - {code: boss, name: Ines Moreau, email: ines@perennial.example}
reps:
  - {code: rep-1, name: Hana Lindqvist, email: hana@perennial.example}
  - {code: rep-2, name: Jonas Adeyemi, email: jonas@perennial.example}
"""
SLA = """\
policy: sla
pilot: false
marketing: {mqls_a_month: 10, hand_over_within: 4 business hours}
sales:
  accept_within: 60 business minutes
  accept_hot_within: 5 business minutes
  calls_in_first_week: 2
  first_week: 5 business days
  return_within: 10 business days
on_breach:
  - {after: 0 minutes, do: remind}
  - {after: 30 business minutes, do: reassign}
  - {after: 4 business hours, do: tell_manager}
"""


def at(day: str, clock: str) -> datetime:
    """A time on Berlin's wall: ``03-27``, ``16:30``."""
    return datetime.fromisoformat(f"2026-{day}T{clock}").replace(tzinfo=BERLIN).astimezone(UTC)


FRIDAY = at("03-27", "16:30")
"""Half an hour before the weekend in which the clocks change."""
_KEYS = itertools.count()


@dataclass
class Floor:
    """The sales floor: a database, and what happens there."""

    database: Engine

    def publish(self, source: str) -> None:
        """Put a policy in force."""
        policy, problems = lint_policy(source, "x.yaml", ())
        assert policy is not None, problems
        with self.database.begin() as connection:
            publish_policy(connection, source, policy)

    def lead(self, owner: str = "rep-1", **columns: Any) -> int:
        """A lead in FollowUp; its id."""
        email = f"lead-{next(_KEYS)}@leads.example"
        values = {"email": email, "email_key": email, "phase": "FollowUp", "owner": owner}
        values |= columns
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        return int(
            self.value(f"INSERT INTO lead ({names}) VALUES ({places}) RETURNING id", **values)
        )

    def opens(self, lead: int, now: datetime, kind: str = "qualify", key: str = "") -> int:
        """A task is opened; its id. With a ``key`` it is opened again after a pause."""
        request = TaskRequest(f"{key or next(_KEYS)}:{next(_KEYS)}", lead, TaskKind(kind))
        if key:
            request = TaskRequest(request.key, lead, TaskKind(kind), seconds_left=1000.0)
        with self.database.begin() as connection:
            return tasks.open_task(
                connection,
                request,
                title=kind,
                instructions="",
                dispositions=TASKS[TaskKind(kind)].dispositions,
                opened_at=now,
                due=parse_clock_span("60 business minutes"),
                deadline=timedelta(days=30),
                workflow_id=f"lead-{lead}",
                run_id="run",
            ).id

    def answers(self, task: int, disposition: str, now: datetime, **more: Any) -> None:
        """A rep ends the task."""
        by = more.pop("by", "rep-1")
        with self.database.begin() as connection:
            tasks.complete_task(
                connection, task, Completion(disposition=disposition, **more), by, now
            )

    def minds(self, task: int, now: datetime) -> sla_breaches.Enforced:
        """The journey looks at the promises about a task."""
        with self.database.begin() as connection:
            return sla_breaches.enforce(connection, task, now)

    def crosses(self, lead: int, now: datetime) -> None:
        """The lead is ready for sales."""
        self.value(
            "UPDATE lead SET fit = 'A', interest = 500, interest_as_of = :now WHERE id = :lead "
            "RETURNING id",
            now=now,
            lead=lead,
        )
        with self.database.begin() as connection:
            assert is_ready_on_entry(connection, lead, now)

    def enters(self, lead: int, phase: Phase, now: datetime, cycle: int = 1) -> None:
        """The journey goes on to another phase."""
        entry = PhaseEntry(lead, f"run-{next(_KEYS)}", phase, "mql", "test", cycle, "rep-1")
        with self.database.begin() as connection:
            journeys.record_entry(connection, entry, now)

    def desk_looks(self, now: datetime) -> str:
        """The sales sweep does its round; what it says."""
        environment = ActivityEnvironment()
        environment.info = replace(ActivityEnvironment.default_info(), started_time=now)
        settings = Settings(_env_file=None)
        resources = Resources(
            self.database,
            OutboxChannel(self.database, settings.clock()),
            LinkSigner("test", settings.web_url()),
            settings,
        )
        minded = environment.run(
            SalesSweepActivities(resources).sweep_sales, SweepSales(recount=False)
        )
        return minded.details

    def withdraws(self, task: int, now: datetime) -> None:
        """The journey takes the task back."""
        with self.database.begin() as connection:
            tasks.close_task(connection, task, Undone.WITHDRAWN, now)

    def holds(self, lead: int, paused: bool, now: datetime) -> None:
        """An operator pauses or resumes the journey."""
        with self.database.begin() as connection:
            sla.pause_clocks(connection, lead, paused, now)

    def value(self, query: str, **parameters: Any) -> Any:
        """The one value a statement gives."""
        with self.database.begin() as connection:
            return connection.execute(text(query), parameters).scalar()

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.database.begin() as connection:
            return [tuple(row) for row in connection.execute(text(query), parameters)]
