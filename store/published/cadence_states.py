"""Cadences that somebody has paused or archived. Times are journey time, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from domain.refusals import CadenceArchived
from domain.sentences import sentence
from store.tables import CadenceState


@dataclass(frozen=True)
class CadenceStatus:
    """Whether a cadence is paused or archived, since when and by whom; None and '' where it is not.
    ``taking_out`` says that the leads in it leave, and ``telling`` that some were not told of the
    last change yet."""

    paused_at: datetime | None = None
    paused_by: str = ""
    archived_at: datetime | None = None
    archived_by: str = ""
    taking_out: bool = False
    telling: bool = False


RUNNING = CadenceStatus()


def cadence_status(connection: Connection, name: str) -> CadenceStatus:
    """How the cadence of this name stands."""
    row = connection.execute(
        select(CadenceState.__table__).where(CadenceState.name == name)
    ).first()
    if row is None:
        return RUNNING
    return CadenceStatus(
        row.paused_at,
        row.paused_by,
        row.archived_at,
        row.archived_by,
        row.takes_out,
        row.told_to is not None,
    )


def archived_cadences(connection: Connection) -> set[str]:
    """Names of the cadences that nobody enters any more."""
    return set(
        connection.scalars(select(CadenceState.name).where(CadenceState.archived_at.is_not(None)))
    )


def refuse_archived(connection: Connection, name: str) -> None:
    """Let nobody enter a cadence that is archived.

    Raises:
        CadenceArchived: it is.
    """
    archived = select(CadenceState.archived_at).where(CadenceState.name == name)
    if connection.scalar(archived) is not None:
        raise CadenceArchived(
            sentence(
                "The cadence {cadence} is archived, and nobody enters it any more: choose another, "
                "or unarchive it first.",
                cadence=name,
            )
        )


def set_paused(connection: Connection, name: str, by: str, at: datetime | None) -> None:
    """Have a cadence wait from ``at`` on, or go on (None); the leads in it are told from here on.
    One that is already so stays as it is."""
    connection.execute(
        text(
            """
            INSERT INTO cadence_state AS state (name, paused_at, paused_by, told_to)
            VALUES (:name, :at, :by, 0)
            ON CONFLICT (name) DO UPDATE SET paused_at = excluded.paused_at,
                paused_by = excluded.paused_by, told_to = 0
            WHERE (state.paused_at IS NULL) <> (excluded.paused_at IS NULL)
            """
        ),
        {"name": name, "at": at, "by": by if at else ""},
    )


def set_archived(
    connection: Connection, name: str, by: str, at: datetime | None, *, takes_out: bool = False
) -> None:
    """Have nobody enter a cadence from ``at`` on, or have it entered again (None).

    Args:
        takes_out: whether the leads in it leave.
    """
    connection.execute(
        text(
            """
            INSERT INTO cadence_state AS state (name, archived_at, archived_by, takes_out, told_to)
            VALUES (:name, :at, :by, :takes_out, CASE WHEN :takes_out THEN 0 END)
            ON CONFLICT (name) DO UPDATE SET
                archived_at = CASE WHEN excluded.archived_at IS NULL THEN NULL
                    ELSE coalesce(state.archived_at, excluded.archived_at) END,
                archived_by = CASE WHEN excluded.archived_at IS NULL OR state.archived_at IS NULL
                    THEN excluded.archived_by ELSE state.archived_by END,
                takes_out = excluded.takes_out,
                told_to = coalesce(excluded.told_to,
                    CASE WHEN NOT state.takes_out THEN state.told_to
                        WHEN excluded.archived_at IS NULL THEN 0 END)
            """
        ),
        {"name": name, "at": at, "by": by if at else "", "takes_out": takes_out},
    )
