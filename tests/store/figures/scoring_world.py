"""Leads that cross, do things, see things, and whose opportunities end, written as the journeys
write it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from tests.store.figures.leak_world import at

_CROSS = text(
    "INSERT INTO crossing (lead_id, cycle, at, cause, grade, score, hot) "
    "VALUES (:lead, :cycle, :at, 'event', :grade, :score, false)"
)
_DID = text(
    "INSERT INTO engagement (key, lead_id, kind, name, rule, worth, points, machine, detail, at) "
    "VALUES (gen_random_uuid()::text, :lead, :kind, '', :rule, :points, :points, :machine, "
    "jsonb_build_object('path', cast(:path AS text)), :at)"
)
_TEMPLATE = text(
    "INSERT INTO template_version (name, language, digest, source, compiled) "
    "VALUES (:name, 'en', :name, '', '{}') ON CONFLICT (name, language, digest) "
    "DO UPDATE SET source = '' RETURNING id"
)
_CADENCE = text(
    "INSERT INTO cadence_version (name, version, digest, source, definition, templates) "
    "VALUES ('some', 1, '', '', '{}', '{}') ON CONFLICT (name, version) "
    "DO UPDATE SET source = '' RETURNING id"
)
_ENROLLED = text(
    "INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at) "
    "VALUES (gen_random_uuid()::text, :lead, :cadence, 1, :at) RETURNING id"
)
_SENT = text(
    "INSERT INTO touch (key, lead_id, enrollment_id, template_version_id, step, channel, state, "
    "planned_at, sent_at) VALUES (gen_random_uuid()::text, :lead, :enrollment, :template, 'a', "
    "'outbox', :state, :at, :at)"
)
_DEAL = text(
    "INSERT INTO opportunity (key, lead_id, stage, stage_since, outcome, outcome_reason, "
    "competitor, opened_at, closed_at) VALUES (gen_random_uuid()::text, :lead, :stage, :since, "
    ":outcome, :reason, :competitor, :opened, :closed)"
)


def cross(
    connection: Connection, lead: int, days: float, grade: str, score: int, *, cycle: int = 1
) -> None:
    """The lead becomes sales-ready with this grade and score."""
    values = {"lead": lead, "cycle": cycle, "at": at(days), "grade": grade, "score": score}
    connection.execute(_CROSS, values)


def does(
    connection: Connection,
    lead: int,
    days: float,
    *,
    rule: str = "",
    points: int = 1,
    path: str = "",
    machine: str = "",
) -> None:
    """The lead does something for which a rule gives points, or opens a page."""
    values = {"lead": lead, "at": at(days), "rule": rule, "points": points, "path": path}
    connection.execute(_DID, values | {"kind": "page", "machine": machine})


def is_sent(
    connection: Connection, lead: int, days: float, template: str, state: str = "sent"
) -> None:
    """A cadence sends the lead a mail."""
    cadence = connection.scalar(_CADENCE)
    when = {"lead": lead, "at": at(days)}
    enrollment = connection.scalar(_ENROLLED, when | {"cadence": cadence})
    of = {"enrollment": enrollment, "template": connection.scalar(_TEMPLATE, {"name": template})}
    connection.execute(_SENT, when | of | {"state": state})


def deal(
    connection: Connection,
    lead: int,
    opened: float,
    closed: float,
    outcome: str,
    *,
    reason: str = "",
    competitor: str = "",
    **given: Any,
) -> None:
    """An opportunity of the lead ends; ``given`` may have its last ``stage``, and ``since`` when it
    stood there."""
    values = {
        "lead": lead,
        "stage": given.get("stage", "discovery"),
        "since": at(opened) + timedelta(days=given.get("since", 0)),
        "outcome": outcome,
        "reason": reason,
        "competitor": competitor,
        "opened": at(opened),
        "closed": at(closed),
    }
    connection.execute(_DEAL, values)
