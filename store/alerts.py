"""Alerts: what a person must hear of now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from domain.names import full_name
from domain.notifications.kinds import kind_of_alert
from store.notifications.raised import NewNotification, notify
from store.outbox.outgoing import announce
from store.tables import Rep

# An alert about unassigned leads stands as long as they wait, that nothing is sent, or nothing of
# one sender, until it is fixed, and a hot lead's until it is answered: those close by themselves.
CLOSE_BY_THEMSELVES = (
    *("hot_lead", "hot_unanswered", "unassigned", "sending_paused"),
    "sender_stopped",
)
OF_NOBODY = ("sending_paused", "booking_unreadable")
"""Kinds that those who look after the system hear of where there is no manager."""


@dataclass(frozen=True)
class NewAlert:
    """What ``owner`` (a code; '' while nobody owns the lead) must hear of, once per ``key``.
    ``due_at`` is journey time; ``lead_id`` is None where it is about no single lead."""

    key: str
    kind: str
    owner: str
    due_at: datetime
    lead_id: int | None = None


def all_managers(connection: Connection) -> list[str]:
    """Codes of those who manage a team now."""
    managers = select(Rep.code).where(Rep.manager, Rep.active).order_by(Rep.code)
    return list(connection.scalars(managers))


def raise_alerts(
    connection: Connection, alerts: Sequence[NewAlert], now: datetime, *, again: bool = False
) -> list[str]:
    """Put alerts on the lists of their owners, and tell them and other programs of those that are
    new.

    Args:
        now: journey time, UTC.
        again: whether one that was answered comes back.

    Returns:
        The keys of those that were not there before.
    """
    if not alerts:
        return []
    answered = (
        "UPDATE SET answered_at = NULL, raised_at = excluded.raised_at "
        "WHERE alert.answered_at IS NOT NULL"
    )
    raised = connection.execute(
        text(
            f"""
            INSERT INTO alert (key, kind, lead_id, owner, raised_at, due_at)
            SELECT key, kind, lead_id, owner, :now, due_at
            FROM unnest(cast(:keys AS text[]), cast(:kinds AS text[]), cast(:leads AS bigint[]),
                        cast(:owners AS text[]), cast(:dues AS timestamptz[]))
                AS new (key, kind, lead_id, owner, due_at)
            ON CONFLICT (key) DO {answered if again else "NOTHING"}
            RETURNING id, key, kind, lead_id, owner
            """
        ),
        {
            "now": now,
            "keys": [alert.key for alert in alerts],
            "kinds": [alert.kind for alert in alerts],
            "leads": [alert.lead_id for alert in alerts],
            "owners": [alert.owner for alert in alerts],
            "dues": [alert.due_at for alert in alerts],
        },
    ).all()
    announce(connection, "alert.raised", *(one.id for one in raised))
    notify(
        connection,
        [
            NewNotification(
                f"alert-{one.id}-{now.isoformat()}",
                kind_of_alert(one.kind),
                one.owner,
                lead_id=one.lead_id,
                alert_id=one.id,
            )
            for one in raised
            if one.owner or one.kind in OF_NOBODY
        ],
        now,
    )
    return [one.key for one in raised]


def close_alerts(
    connection: Connection, lead_id: int, beginnings: Sequence[str], now: datetime
) -> None:
    """Take the alerts about a lead whose keys begin so off the lists: what they tell of is done.

    Args:
        now: journey time, UTC.
    """
    connection.execute(
        text(
            "UPDATE alert SET answered_at = :now WHERE lead_id = :lead AND answered_at IS NULL "
            "AND EXISTS (SELECT FROM unnest(cast(:beginnings AS text[])) AS begins "
            "WHERE starts_with(alert.key, begins))"
        ),
        {"now": now, "lead": lead_id, "beginnings": list(beginnings)},
    )


@dataclass(frozen=True)
class AlertLine:
    """An alert nobody has answered; times are journey time, UTC. ``lead_id`` is 0 where it is
    about no single lead."""

    id: int
    kind: str
    lead_id: int
    name: str
    owner: str
    raised_at: datetime
    due_at: datetime


def open_alerts(
    connection: Connection,
    owner: str | None = None,
    *,
    after: Sequence[object] | None = None,
    limit: int | None = None,
) -> list[AlertLine]:
    """The open alerts for ``owner``, or everybody's, the one due first first.

    Args:
        after: only those after the one with this ``due_at`` and ``id``.
        limit: how many at most; None for all.
    """
    due_at, last = after or (None, None)
    rows = connection.execute(
        text(
            """
            SELECT alert.id, alert.kind, coalesce(alert.lead_id, 0) AS lead_id,
                coalesce(lead.first_name, '') AS first_name,
                coalesce(lead.last_name, '') AS last_name,
                alert.owner, alert.raised_at, alert.due_at
            FROM alert LEFT JOIN lead ON lead.id = alert.lead_id
            WHERE alert.answered_at IS NULL
                AND (cast(:owner AS text) IS NULL OR alert.owner = :owner)
                AND (:id IS NULL OR (alert.due_at, alert.id) > (:due_at, :id))
            ORDER BY alert.due_at, alert.id LIMIT :limit
            """
        ),
        {"owner": owner, "due_at": due_at, "id": last, "limit": limit},
    )
    return [
        AlertLine(
            row.id,
            row.kind,
            row.lead_id,
            full_name(row.first_name, row.last_name),
            row.owner,
            row.raised_at,
            row.due_at,
        )
        for row in rows
    ]


def kind_of_open(connection: Connection, alert_id: int, owner: str | None = None) -> str | None:
    """The kind of an open alert for ``owner``, or anybody's; None when there is none of this id."""
    kind: str | None = connection.scalar(
        text(
            "SELECT kind FROM alert WHERE id = :id AND answered_at IS NULL "
            "AND (cast(:owner AS text) IS NULL OR owner = :owner)"
        ),
        {"id": alert_id, "owner": owner},
    )
    return kind


def put_away(connection: Connection, ids: Collection[int], now: datetime) -> list[int]:
    """Take these alerts off the list. One that closes by itself stays until it does.

    Args:
        now: journey time, UTC.

    Returns:
        The ids of those that are off the list now.
    """
    rows = connection.execute(
        text(
            "UPDATE alert SET answered_at = :now WHERE id = ANY(cast(:ids AS bigint[])) "
            "AND answered_at IS NULL AND kind <> ALL(:themselves) RETURNING id"
        ),
        {"now": now, "ids": list(ids), "themselves": list(CLOSE_BY_THEMSELVES)},
    )
    return sorted(rows.scalars())
