"""Leads that something has enter a cadence, without a journey: what the database says of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from domain.cadences.triggers import Way
from store.consent.confirmations import confirm
from store.engine import engine
from store.publishing.publishing import check_beside_published, publish_checked
from store.scoring.engagement import LeadActivity, record
from store.segments.membership import judge_all, judge_changed
from tests.support.entered import enter
from tests.support.scored_leads import NOW, Book, scoring

SEGMENTS = """
policy: segments
segments:
  - {name: korea, title: Korea, when: lead.country == "KR"}
"""
FORMS = """
policy: forms
forms:
  - name: guide
    title: {en: The guide}
    fields: [{field: email, kind: email, required: true, label: {en: E-mail}}]
"""
TRIGGERS = {
    Way.SEGMENT: "segment: korea",
    Way.EVENT: 'event: track, where: event.name == "Trial Started"',
    Way.FORM: "form: guide",
    Way.DATE: "date: renewal, days_before: 7",
}
_KEYS = itertools.count()


def cadence_text(name: str, *triggers: str, entry: str = "") -> str:
    """A cadence of one task, by what it says of who enters."""
    when = "".join(f"  - {{{one}}}\n" for one in triggers)
    return (
        f"cadence: {name}\n"
        + (f"entry: {{{entry}}}\n" if entry else "")
        + (f"enter_when:\n{when}" if when else "")
        + "steps:\n  - task: {title: Call}\n"
    )


@dataclass
class Door:
    """A database in which leads enter cadences."""

    database: Engine
    now: datetime = NOW
    book: Book = field(init=False)

    def __post_init__(self) -> None:
        self.book = Book(self.database)
        self.book.publish(scoring())
        self.book.publish_follow_up()
        self.publish(segments=SEGMENTS, forms=FORMS)
        self.judge()

    def publish(self, *cadences: str, **policies: str) -> None:
        """Publish texts as marketing does."""
        texts = {f"{n}.yaml": one for n, one in enumerate(cadences)}
        texts |= {f"{name}.yaml": one for name, one in policies.items()}
        with self.database.begin() as connection:
            checked = check_beside_published(connection, texts, {})
            assert checked.problems == []
            publish_checked(connection, checked, self.now)

    def lead(self, **columns: Any) -> int:
        """A lead that rests."""
        return self.book.lead(**{"phase": "Recycle", "phase_reason": "exhausted"} | columns)

    def judge(self) -> None:
        """Judge who is in which segment."""
        with self.database.begin() as connection:
            judge_changed(connection, self.now)
        for _ in range(20):
            with self.database.begin() as connection:
                if not judge_all(connection, self.now):
                    return

    def happens(self, way: Way, lead: int) -> None:
        """What has the lead enter by this way."""
        match way:
            case Way.SEGMENT:
                self.run("UPDATE lead SET country = 'KR' WHERE id = :id", id=lead)
                self.judge()
            case Way.EVENT:
                self.does(lead, "Trial Started")
            case Way.FORM:
                self.run(
                    "INSERT INTO form_submission (form, key, state, email_key, lead_id, language, "
                    "answers, facts, detail, visitor, at) SELECT 'guide', :key, 'taken', email_key,"
                    " id, 'en', '{}', '{}', '{}', '', :now FROM lead WHERE id = :id",
                    id=lead,
                    key=str(next(_KEYS)),
                    now=self.now,
                )
            case Way.DATE:
                self.has_date(lead, (self.now + timedelta(days=7)).date())
            case _:
                self.run(
                    "INSERT INTO write_key (name, key_hash) VALUES ('site', 'x') "
                    "ON CONFLICT DO NOTHING"
                )
                self.run("DELETE FROM confirmation WHERE lead_id = :id", id=lead)
                self.run(
                    "INSERT INTO confirmation (lead_id, write_key_id, cadence, brought_at) "
                    "SELECT :id, id, 'spring', :now FROM write_key WHERE name = 'site'",
                    id=lead,
                    now=self.now,
                )
                with self.database.begin() as connection:
                    confirm(connection, [lead], self.now)

    def does(self, lead: int, name: str, at: datetime | None = None) -> None:
        """An event of a site."""
        at = at or self.now
        with self.database.begin() as connection:
            event = LeadActivity(f"k:{next(_KEYS)}", "track", at, lead_id=lead, name=name)
            record(connection, [event], self.now)

    def has_date(self, lead: int, day: date) -> None:
        """The lead's renewal is on this day."""
        self.run(
            "UPDATE lead SET attributes = jsonb_build_object('renewal', cast(:day AS text)) "
            "WHERE id = :id",
            id=lead,
            day=day.isoformat(),
        )

    def works(self) -> None:
        """What a worker does about it."""
        enter(self.database, self.now)

    def begins(self, lead: int, cadence: str, key: str = "") -> None:
        """The lead's journey has begun the cadence."""
        self.run(
            """
            WITH begun AS (
                INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at)
                SELECT :key, :lead, max(id), 1, :now FROM cadence_version WHERE name = :cadence
                RETURNING id)
            UPDATE enrollment_run_lead SET state = 'entered', entered_at = :now,
                enrollment_id = begun.id
            FROM begun WHERE lead_id = :lead AND state = 'told';
            UPDATE lead SET phase = 'Nurture' WHERE id = :lead
            """,
            key=key or f"run-{next(_KEYS)}:{cadence}",
            lead=lead,
            cadence=cadence,
            now=self.now,
        )

    def rests(self, lead: int) -> None:
        """The lead's cadence is over."""
        self.run(
            "UPDATE enrollment SET ended_at = :now, exit_reason = 'done' WHERE lead_id = :lead "
            "AND ended_at IS NULL; UPDATE lead SET phase = 'Recycle' WHERE id = :lead",
            lead=lead,
            now=self.now,
        )

    def became(self, cadence: str = "spring") -> dict[int, list[str]]:
        """Lead → what became of it, each time."""
        with self.database.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT lead_id, coalesce(nullif(why, ''), state) AS what "
                    "FROM enrollment_run_lead JOIN enrollment_run AS run ON run.id = run_id "
                    "WHERE cadence = :cadence ORDER BY run_id, lead_id"
                ),
                {"cadence": cadence},
            ).all()
        found: dict[int, list[str]] = {}
        for row in rows:
            found.setdefault(row.lead_id, []).append(row.what)
        return found

    def run(self, statement: str, **values: Any) -> None:
        """Run a statement."""
        with self.database.begin() as connection:
            connection.execute(text(statement), values)


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    """A database in which leads enter cadences."""
    database = engine(database_url)
    yield Door(database)
    database.dispose()
