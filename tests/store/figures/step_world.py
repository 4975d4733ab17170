"""Cadences, and what a test does to leads in them; what steps brought is counted of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from domain.figures.funnel import Question
from domain.figures.lists import CountedAs, LeadsBehind
from domain.figures.periods import Period
from domain.figures.steps import StepCount, StepQuestion
from store.figures.lists import statement
from store.figures.refresh import refresh
from store.figures.steps import step_counts
from tests.store.figures.leak_world import at
from tests.support.lead_histories import BEGIN, add_lead

PERIOD = Period(date(2026, 3, 1), date(2026, 5, 1), "UTC")
LANGUAGES = ("de", "en")
_TOUCH = text(
    "INSERT INTO touch (key, lead_id, enrollment_id, template_version_id, step, channel, state, "
    "planned_at, sent_at, delivered_at) VALUES (gen_random_uuid()::text, :lead, :enrollment, "
    ":template, :step, 'outbox', :state, :at, :sent, :delivered) RETURNING id"
)
_EVENT = text(
    "INSERT INTO engagement (key, lead_id, touch_id, kind, machine, at) "
    "VALUES (gen_random_uuid()::text, :lead, :touch, :kind, :machine, :at)"
)
_TASK = text(
    "INSERT INTO task (key, lead_id, enrollment_id, step, kind, dispositions, state, opened_at, "
    "due_at, deadline_at, disposition, completed_at) VALUES (gen_random_uuid()::text, :lead, "
    ":enrollment, :step, 'cadence', '[]', :state, :at, :at, :at, :disposition, :done) RETURNING id"
)


@dataclass
class World:
    """Two cadences of two versions, and what a test does to leads in them."""

    connection: Connection
    versions: dict[tuple[str, int], int] = field(default_factory=dict)
    templates: dict[tuple[str, str], int] = field(default_factory=dict)

    def lead(self, *history: tuple[int, str, float]) -> int:
        """A lead that is known, and has this history."""
        return add_lead(self.connection, [(1, "known", 0), *history])

    def enroll(self, lead: int, cadence: str = "one", version: int = 1) -> int:
        """A pass through a cadence."""
        return int(
            self.connection.scalar(
                text(
                    "INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at) "
                    "VALUES (gen_random_uuid()::text, :lead, :version, 1, now()) RETURNING id"
                ),
                {"lead": lead, "version": self.versions[cadence, version]},
            )
            or 0
        )

    def mail(self, lead: int, enrollment: int, days: float, **given: Any) -> int:
        """A mail of the step with which the cadence begins."""
        state = given.get("state", "sent")
        template = self.templates[given.get("mail", "hello"), given.get("language", "en")]
        values = {
            "lead": lead,
            "enrollment": enrollment,
            "template": template,
            "step": f"email-{given.get('mail', 'hello')}",
            "state": state,
            "at": at(days),
            "sent": at(days) if state == "sent" else None,
            "delivered": at(days) if given.get("delivered") else None,
        }
        return int(self.connection.scalar(_TOUCH, values) or 0)

    def task(
        self, lead: int, enrollment: int, days: float, end: str, *, done: float | None = None
    ) -> int:
        """A task of the cadence; ``end`` is a disposition or a state."""
        undone = end in ("open", "withdrawn", "expired")
        values = {
            "lead": lead,
            "enrollment": enrollment,
            "step": "task-call",
            "state": end if undone else "done",
            "disposition": "" if undone else end,
            "at": at(days),
            "done": None if undone else at(days if done is None else done),
        }
        return int(self.connection.scalar(_TASK, values) or 0)

    def event(self, lead: int, touch: int, kind: str, days: float, machine: str = "") -> None:
        """What came of a mail."""
        values = {"lead": lead, "touch": touch, "kind": kind, "machine": machine, "at": at(days)}
        self.connection.execute(_EVENT, values)

    def counts(self, **asked: Any) -> list[StepCount]:
        """What is counted of the period."""
        refresh(self.connection)
        return step_counts(self.connection, StepQuestion(PERIOD, **asked))

    def behind(self, figure: CountedAs, at_: str = "", **asked: Any) -> list[int]:
        """The leads behind a number, one for each touch."""
        found = statement(
            LeadsBehind(
                figure,
                Question(PERIOD, BEGIN),
                at=at_,
                steps=StepQuestion(PERIOD, **asked),
            )
        )
        return sorted(self.connection.scalars(text(found.sql), found.values))


def empty_world(connection: Connection) -> World:
    """Cadences and mails are published, nobody is in them."""
    made = World(connection)
    for mail in ("hello", "again"):
        for language in LANGUAGES:
            made.templates[mail, language] = int(
                connection.scalar(
                    text(
                        "INSERT INTO template_version (name, language, digest, source, compiled) "
                        "VALUES (:name, :language, '', '', '{}') RETURNING id"
                    ),
                    {"name": mail, "language": language},
                )
                or 0
            )
    for name in ("one", "two"):
        for version in (1, 2):
            made.versions[name, version] = int(
                connection.scalar(
                    text(
                        "INSERT INTO cadence_version (name, version, digest, source, definition, "
                        "templates) VALUES (:name, :version, '', '', '{}', "
                        '\'{"hello": {}, "again": {}}\') RETURNING id'
                    ),
                    {"name": name, "version": version},
                )
                or 0
            )
    return made
