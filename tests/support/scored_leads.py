"""Leads in a real database, with scoring rules that have caps, decay and minus points."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from domain.checking.policies import read_policy
from domain.scoring.interest import Interest, Scored, total
from domain.scoring.policy import ScoringPolicy
from settings import ROOT
from store.published.policies import publish_policy
from store.scoring.engagement import LeadActivity, record

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)
"""A Wednesday."""
RULES: dict[str, Any] = {
    "policy": "scoring",
    "half_life": "3 days",
    "interest": [
        {"rule": "opened", "on": "open", "points": 1, "at_most": "2 per day"},
        {"rule": "clicked", "on": "click", "points": 10, "at_most": "2 per day"},
        {"rule": "replied", "on": "reply", "points": 40},
        {"rule": "demo", "on": "track", "if": 'event.name == "Demo Requested"', "points": 60},
        {
            "rule": "prices",
            "on": "page",
            "if": 'event.path.startsWith("/pricing")',
            "points": 12,
            "at_most": "1 per week",
        },
        {"rule": "jobs", "on": "page", "points": -10, "at_most": "1 per week"},
        {"rule": "unsubscribed", "on": "unsubscribe", "points": -20},
    ],
    "levels": {1: 60, 2: 30, 3: 10},
    "fit": [
        {"rule": "decides", "if": 'lead.title == "CTO"', "points": 30},
        {"rule": "competes", "if": 'account.name == "Rival Ltd"', "points": -100},
    ],
    "letters": {"A": 30, "B": 15, "C": 0},
    "matrix": {
        "A": ["hot", "mql", "engaged", "known"],
        "B": ["hot", "mql", "engaged", "known"],
        "C": ["mql", "mql", "engaged", "known"],
        "D": ["engaged", "engaged", "known", "known"],
    },
    "hot_within": "15 minutes",
}

_LEADS = itertools.count()


def scoring(**changes: Any) -> ScoringPolicy:
    """The rules, changed."""
    return ScoringPolicy.model_validate(RULES | changes)


def worth(kind: str, points: int, **more: Any) -> dict[str, Any]:
    """An interest rule for all events of a kind."""
    return {"rule": kind, "on": kind, "points": points, **more}


@dataclass(frozen=True)
class Row:
    """An engagement as it counts; ``key`` is the part after the last colon."""

    key: str
    rule: str
    points: int
    machine: str


@dataclass
class Book:
    """The database, and what a test wants to do with it."""

    database: Engine

    def publish(self, rules: ScoringPolicy) -> int:
        """Publish scoring rules; returns the id of the version."""
        with self.database.begin() as connection:
            publish_policy(connection, repr(rules), rules)
        return int(self.value("SELECT max(id) FROM policy_version WHERE name = 'scoring'"))

    def publish_follow_up(self) -> None:
        """Publish marketing's own promise, of five minutes for a hot lead."""
        source = (ROOT / "cadences" / "follow-up.yaml").read_text(encoding="utf-8")
        policy, _ = read_policy(source, "follow-up.yaml")
        assert policy
        with self.database.begin() as connection:
            publish_policy(connection, source, policy)

    def lead(self, phase: str = "Nurture", **columns: Any) -> int:
        """Make a lead with fit C; returns its id."""
        email = f"lead-{next(_LEADS)}@leads.example"
        values = {"email": email, "email_key": email, "phase": phase, "fit": "C", **columns}
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        return int(
            self.value(f"INSERT INTO lead ({names}) VALUES ({places}) RETURNING id", **values)
        )

    def touch(self, lead: int, sent_at: datetime | None = None) -> int:
        """A mail that was sent to the lead; returns its id."""
        return int(
            self.value(
                "INSERT INTO touch (key, lead_id, step, channel, state, planned_at, sent_at) "
                "VALUES (gen_random_uuid(), :lead, '', 'outbox', 'sent', :at, :sent) RETURNING id",
                lead=lead,
                at=NOW,
                sent=sent_at,
            )
        )

    def record(self, *happened: LeadActivity, now: datetime = NOW) -> set[str]:
        """Record in a transaction of its own."""
        with self.database.begin() as connection:
            return record(connection, happened, now)

    def rows(self, lead: int) -> list[Row]:
        """The lead's engagements, by time and key."""
        with self.database.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT key, rule, points, machine FROM engagement WHERE lead_id = :lead "
                    'ORDER BY at, key COLLATE "C"'
                ),
                {"lead": lead},
            ).all()
        return [Row(row.key.rsplit(":", 1)[1], *row[1:]) for row in found]

    def interest(self, lead: int, rules: ScoringPolicy, at: datetime = NOW) -> float:
        """The points that the lead has at ``at``, as its row says."""
        with self.database.connect() as connection:
            row = connection.execute(
                text("SELECT interest, interest_as_of FROM lead WHERE id = :lead"), {"lead": lead}
            ).one()
        return Interest(row.interest, row.interest_as_of).at(at, rules.half_life.length)

    def interest_by_rows(self, lead: int, rules: ScoringPolicy, at: datetime = NOW) -> float:
        """The points that the lead should have at ``at``, after all that it did."""
        with self.database.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT key, at, rule, worth, period, machine FROM engagement "
                    "WHERE lead_id = :lead"
                ),
                {"lead": lead},
            ).all()
        history = total(rules, [Scored(**row._mapping) for row in found])
        return history.at(at, rules.half_life.length)

    def stage(self, lead: int) -> str:
        """Where the lead stands in the funnel."""
        return str(self.value("SELECT stage FROM lead WHERE id = :lead", lead=lead))

    def crossings(self, lead: int) -> list[tuple[int, str]]:
        """Cycle and cause of each crossing of the lead."""
        with self.database.connect() as connection:
            found = connection.execute(
                text("SELECT cycle, cause FROM crossing WHERE lead_id = :lead ORDER BY cycle"),
                {"lead": lead},
            )
            return [(row.cycle, row.cause) for row in found]

    def news(self, lead: int) -> list[tuple[str, str, int]]:
        """What the relay is to bring to the lead's journey: kind, code or reason, cycle."""
        with self.database.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT kind, coalesce(payload->>'code', payload->>'reason') AS code, "
                    "cast(payload->>'cycle' AS int) AS cycle FROM relay_message "
                    "WHERE workflow_id = :workflow ORDER BY id"
                ),
                {"workflow": f"lead-{lead}"},
            )
            return [(row.kind, row.code, row.cycle) for row in found]

    def run(self, statement: str, **parameters: Any) -> None:
        """Change something."""
        with self.database.begin() as connection:
            connection.execute(text(statement), parameters)

    def value(self, query: str, **parameters: Any) -> Any:
        """The one value a statement gives."""
        with self.database.begin() as connection:
            return connection.execute(text(query), parameters).scalar()

    def values(self, query: str, **parameters: Any) -> list[Any]:
        """The first column of a query."""
        with self.database.connect() as connection:
            return list(connection.execute(text(query), parameters).scalars())


def record_all(connection: Connection, batches: Iterable[list[LeadActivity]]) -> None:
    """Record batch after batch, each in a transaction of its own."""
    for batch in batches:
        with connection.begin():
            record(connection, batch, NOW)
