"""How the domains that our mail comes from stand: judged by what became of their mails, slowed down
or stopped, and let go on by a person. Times are journey time, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.access import Role
from domain.engagement.bounces import BounceMeaning
from domain.notifications.kinds import NotificationKind
from domain.sending.guard import PERIOD, SenderFigures, SenderState, SenderTrouble, verdict
from domain.sending.policy import Guard
from store.alerts import NewAlert, raise_alerts
from store.notifications.raised import NewNotification, notify
from store.outbox.waiting_mails import wake_waiting

ALERT = "sender_stopped"
STOPPED_CODE = "stopped"
"""What a mail waits for whose sender is stopped, before the domain."""
TOLD = (Role.MARKETING, Role.OPS, Role.ADMIN)
THEIR_TROUBLE = (BounceMeaning.MAILBOX_FULL, BounceMeaning.ROUTING)
"""Bounces that say nothing of us."""
BETWEEN_LOOKS = timedelta(minutes=1)

SENDER_DOMAIN = (
    "lower(coalesce(nullif(split_part(touch.sender->>'email', '@', 2), ''), "
    "split_part(touch.message_id, '@', 2)))"
)
"""SQL: the domain that a touch comes from; the company's makes its Message-IDs."""

_COLUMNS = (
    "domain, state, trouble, detail, since, mails, bounced, complained, per_day, usual, judged_at, "
    "resumed_at, resumed_by"
)
# Mail from before somebody let a domain go on is judged no more.
_FIGURES = text(
    f"""
    WITH mail AS (
        SELECT touch.id, {SENDER_DOMAIN} AS domain, touch.at, touch.failed FROM (
            SELECT id, sender, message_id, sent_at AS at, false AS failed FROM touch
            WHERE state = 'sent' AND sent_at >= :since AND message_id <> ''
            UNION ALL
            SELECT id, sender, message_id, planned_at, true FROM touch
            WHERE state = 'failed' AND planned_at >= :since AND message_id <> ''
        ) AS touch
    ), trouble AS (
        SELECT touch_id, bool_or(kind = 'complaint') AS complained,
            bool_or(kind <> 'complaint' AND coalesce(detail->>'meaning', '') <> ALL(:theirs))
                AS bounced
        FROM engagement WHERE kind IN ('bounce', 'soft_bounce', 'complaint')
            AND at >= :since - interval '1 day' AND touch_id IS NOT NULL GROUP BY touch_id
    )
    SELECT mail.domain, count(*) AS mails, count(*) FILTER (WHERE trouble.bounced) AS bounced,
        count(*) FILTER (WHERE trouble.complained) AS complained,
        count(DISTINCT date_trunc('day', mail.at)) AS days
    FROM mail LEFT JOIN trouble ON trouble.touch_id = mail.id
    LEFT JOIN sender_standing AS known ON known.domain = mail.domain
    WHERE (NOT failed OR trouble.bounced) AND mail.at >= coalesce(known.resumed_at, '-infinity')
    GROUP BY mail.domain
    """
)
_KEEP = text(
    """
    INSERT INTO sender_standing (domain, state, trouble, detail, since, mails, bounced, complained,
        per_day, usual, judged_at)
    VALUES (:domain, :state, :trouble, :detail, :now, :mails, :bounced, :complained, :per_day,
        :usual, :now)
    ON CONFLICT (domain) DO UPDATE SET state = excluded.state, trouble = excluded.trouble,
        detail = excluded.detail,
        since = CASE WHEN sender_standing.state = excluded.state THEN sender_standing.since
            ELSE excluded.since END,
        mails = excluded.mails, bounced = excluded.bounced, complained = excluded.complained,
        per_day = excluded.per_day, usual = greatest(excluded.usual, CASE
            WHEN sender_standing.resumed_at IS NOT NULL THEN sender_standing.usual ELSE 0 END),
        judged_at = excluded.judged_at
    """
)
_NEW_TROUBLE = text(
    "SELECT EXISTS (SELECT FROM engagement WHERE kind IN ('bounce', 'soft_bounce', 'complaint') "
    "AND at >= :since) OR NOT EXISTS (SELECT FROM sender_standing WHERE judged_at > :hour_ago)"
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('sender_standing', 0))")
_LOCK_IF_FREE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('sender_standing', 0))")


@dataclass(frozen=True)
class DomainStanding:
    """How one domain stands."""

    domain: str
    state: SenderState
    trouble: str
    detail: str
    since: datetime
    mails: int
    bounced: int
    complained: int
    per_day: int | None
    usual: int
    judged_at: datetime | None
    resumed_at: datetime | None
    resumed_by: str


def standings(connection: Connection) -> list[DomainStanding]:
    """How all domains stand that were ever judged."""
    rows = connection.execute(text(f"SELECT {_COLUMNS} FROM sender_standing ORDER BY domain"))
    return [DomainStanding(**{**row._mapping, "state": SenderState(row.state)}) for row in rows]


def judge(connection: Connection, guard: Guard, now: datetime) -> bool:
    """Judge all sending domains, if something came back since it was last done, or an hour has
    passed; whether it was done. One process at a time does."""
    if not connection.scalar(_LOCK_IF_FREE):
        return False
    last = connection.scalar(text("SELECT max(judged_at) FROM sender_standing"))
    if last is not None and last > now - BETWEEN_LOOKS:
        return False
    since = last or now - PERIOD
    if not connection.scalar(_NEW_TROUBLE, {"since": since, "hour_ago": now - timedelta(hours=1)}):
        return False
    known = {one.domain: one for one in standings(connection)}
    found = connection.execute(_FIGURES, {"since": now - PERIOD, "theirs": list(THEIR_TROUBLE)})
    for row in found.all():
        before = known.get(row.domain)
        if before and before.state in (SenderState.STOPPED, SenderState.REFUSED):
            continue
        figures = SenderFigures(row.mails, row.bounced, row.complained, row.days)
        told = verdict(guard, figures)
        _keep(
            connection,
            row.domain,
            told.state,
            told.trouble,
            now,
            figures=figures,
            per_day=told.per_day,
        )
        if told.state is SenderState.STOPPED:
            _tell(connection, row.domain, now)
    # What is stopped is judged no more, and looked at all the same.
    connection.execute(text("UPDATE sender_standing SET judged_at = :now"), {"now": now})
    return True


def refuse(connection: Connection, domain: str, code: str, now: datetime) -> None:
    """Have the company's own sender stand in for those of a domain that receivers refuse.

    Args:
        code: what one of them said, in codes.
    """
    connection.execute(_LOCK)
    known = {one.domain: one for one in standings(connection)}.get(domain)
    if known is not None and known.state is SenderState.REFUSED:
        return
    _keep(connection, domain, SenderState.REFUSED, SenderTrouble.REFUSALS, now, detail=code)
    _tell(connection, domain, now)


def _keep(
    connection: Connection,
    domain: str,
    state: SenderState,
    trouble: SenderTrouble | None,
    now: datetime,
    *,
    figures: SenderFigures | None = None,
    per_day: int | None = None,
    detail: str = "",
) -> None:
    counted = figures or SenderFigures(0, 0, 0)
    connection.execute(
        _KEEP,
        {
            "domain": domain,
            "state": state,
            "trouble": trouble or "",
            "detail": detail,
            "now": now,
            "mails": counted.mails,
            "bounced": counted.bounced,
            "complained": counted.complained,
            "per_day": per_day,
            "usual": counted.mails // max(1, counted.days),
        },
    )


def _tell(connection: Connection, domain: str, now: datetime) -> None:
    """Tell marketing and those who look after the system."""
    raise_alerts(connection, [NewAlert(f"{ALERT}:{domain}", ALERT, "", now)], now, again=True)
    users = connection.scalars(
        text(
            "SELECT id FROM console_user WHERE disabled_at IS NULL AND role = ANY(:roles) "
            "ORDER BY id"
        ),
        {"roles": list(TOLD)},
    )
    stopped = NotificationKind.SENDER_STOPPED
    key = f"{ALERT}-{domain}-{now.isoformat()}"
    told = [NewNotification(f"{key}-{user}", stopped, user_id=user) for user in users]
    notify(connection, told, now)


def resume(connection: Connection, domain: str, by: str, now: datetime) -> DomainStanding | None:
    """Let a domain that is stopped go on, slowly; None where it is not. Mail from before is judged
    no more.

    Args:
        by: code or name of who orders it.
    """
    connection.execute(_LOCK)
    known = {one.domain: one for one in standings(connection)}.get(domain)
    if known is None or known.state not in (SenderState.STOPPED, SenderState.REFUSED):
        return None
    connection.execute(
        text(
            "UPDATE sender_standing SET state = :good, trouble = '', detail = '', since = :now, "
            "per_day = NULL, resumed_at = :now, resumed_by = :by WHERE domain = :domain"
        ),
        {"good": SenderState.GOOD, "now": now, "by": by, "domain": domain},
    )
    connection.execute(
        text("UPDATE alert SET answered_at = :now WHERE key = :key AND answered_at IS NULL"),
        {"now": now, "key": f"{ALERT}:{domain}"},
    )
    wake_waiting(connection, "sender", f"{STOPPED_CODE} {domain}")
    return known
