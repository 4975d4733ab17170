"""What a lead may do by the links of its mails, how often: each of it has us send mail, or makes a
history longer, and a link may be in anybody's hands. Ending something is never limited."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

A_DAY = timedelta(days=1)
MOVES_A_DAY = 3
"""Of meetings; to call one off and choose another time is a move too."""
RETURNS_A_DAY = 3
"""To our mail, by the preference page."""
TOPICS_A_DAY = 30
"""Topics wanted again, by the preference page."""
MOST_VISITS = 500
"""Clicks, or opens, of one mail that are kept: of people, and of each kind of machine."""


class TooOften(Exception):
    """Enough for today; ``again_in`` is after which time (of the journey) there is room."""

    def __init__(self, again_in: timedelta) -> None:
        super().__init__()
        self.again_in = again_in


def record_move(connection: Connection, lead_id: int, at: datetime) -> None:
    """Count that a lead sets a time itself; its very first is no move. Of two at once, the second
    sees the first.

    Args:
        at: journey time, UTC.

    Raises:
        TooOften: it has moved its meetings often enough. Nothing is written then.
    """
    connection.execute(text("SELECT FROM lead WHERE id = :lead FOR UPDATE"), {"lead": lead_id})
    asked = {"lead": lead_id, "at": at, "since": at - A_DAY}
    has_met = connection.scalar(
        text("SELECT EXISTS (SELECT FROM meeting WHERE lead_id = :lead)"), asked
    )
    if not has_met:
        return
    connection.execute(
        text("DELETE FROM meeting_move WHERE lead_id = :lead AND at <= :since"), asked
    )
    moves = connection.scalars(
        text("SELECT at FROM meeting_move WHERE lead_id = :lead ORDER BY at DESC, id DESC"), asked
    ).all()
    if len(moves) >= MOVES_A_DAY:
        raise TooOften(moves[MOVES_A_DAY - 1] + A_DAY - at)
    connection.execute(text("INSERT INTO meeting_move (lead_id, at) VALUES (:lead, :at)"), asked)


def refuse_returns(
    connection: Connection, email_key: str, at: datetime, *, of_topics: bool = False
) -> None:
    """Refuse when an address has come back to our mail, or to topics of it, by the preference page
    as often as it may in a day. Whoever asks holds the lock of the address.

    Args:
        at: journey time, UTC.

    Raises:
        TooOften: it has.
    """
    most = TOPICS_A_DAY if of_topics else RETURNS_A_DAY
    earliest = connection.scalar(
        text(
            "SELECT at FROM consent_record WHERE email_key = :email AND action = 'opt_in' "
            "AND source = 'preference_page' AND (topic <> '') = :of_topics AND at > :since "
            "ORDER BY at DESC, id DESC OFFSET :most LIMIT 1"
        ),
        {"email": email_key, "since": at - A_DAY, "of_topics": of_topics, "most": most - 1},
    )
    if earliest is not None:
        raise TooOften(earliest + A_DAY - at)


def has_room(connection: Connection, touch_id: int, kind: str, machine: str) -> bool:
    """Whether one more click, or open, of this mail by people ('') or this kind of machine is
    kept."""
    kept = connection.scalar(
        text(
            "SELECT count(*) FROM (SELECT FROM engagement WHERE touch_id = :touch "
            "AND kind = :kind AND machine = :machine LIMIT :most) AS kept"
        ),
        {"touch": touch_id, "kind": kind, "machine": machine, "most": MOST_VISITS},
    )
    return bool(kept < MOST_VISITS)
