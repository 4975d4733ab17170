"""What somebody wrote down of a lead: notes, and calls and mails that happened elsewhere. Times are
journey time, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Connection, Row, text

from domain.contracts.tasks import Disposition


class NoteKind(StrEnum):
    """What somebody writes down."""

    NOTE = "note"
    CALL = "call"
    MAIL = "mail"


Direction = Literal["", "out", "in"]
CALL_OUTCOMES = (
    *(Disposition.CONNECTED, Disposition.MEANINGFUL, Disposition.LEFT_VOICEMAIL),
    *(Disposition.NO_ANSWER, Disposition.BUSY, Disposition.WRONG_NUMBER),
)
"""How a call that happened elsewhere may have gone."""


@dataclass(frozen=True)
class Note:
    """What is to be written down; ``at`` is when it happened."""

    kind: NoteKind
    text: str
    at: datetime
    direction: Direction = ""
    outcome: str = ""
    subject: str = ""


@dataclass(frozen=True)
class NoteLine:
    """What was written down, by whom, and when; ``at`` is when it happened."""

    id: int
    lead_id: int
    kind: NoteKind
    direction: Direction
    outcome: str
    subject: str
    text: str
    by: str
    at: datetime
    written_at: datetime


_COLUMNS = "id, lead_id, kind, direction, outcome, subject, text, by, at, written_at"


def add_note(connection: Connection, lead_id: int, note: Note, by: str, now: datetime) -> NoteLine:
    """Keep it."""
    row = connection.execute(
        text(
            "INSERT INTO lead_note (lead_id, kind, direction, outcome, subject, text, by, at, "
            "written_at) VALUES (:lead, :kind, :direction, :outcome, :subject, :text, :by, :at, "
            f":now) RETURNING {_COLUMNS}"
        ),
        {**vars(note), "kind": str(note.kind), "lead": lead_id, "by": by, "now": now},
    ).one()
    return _line(row)


def find_note(connection: Connection, lead_id: int, note_id: int) -> NoteLine | None:
    """What was written down of a lead under this id; None when there is none."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM lead_note WHERE id = :id AND lead_id = :lead"),
        {"id": note_id, "lead": lead_id},
    ).first()
    return None if row is None else _line(row)


def remove_note(connection: Connection, note_id: int) -> None:
    """Forget it."""
    connection.execute(text("DELETE FROM lead_note WHERE id = :id"), {"id": note_id})


def notes_of(
    connection: Connection, lead_id: int, *, before: int | None = None, limit: int
) -> list[NoteLine]:
    """What was written down of a lead, the last written first.

    Args:
        before: the id of the last one of the page before.
    """
    found = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM lead_note WHERE lead_id = :lead "
            "AND (cast(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        ),
        {"lead": lead_id, "before": before, "limit": limit},
    )
    return [_line(row) for row in found]


def _line(row: Row[Any]) -> NoteLine:
    return NoteLine(**{**row._mapping, "kind": NoteKind(row.kind)})
