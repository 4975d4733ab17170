"""A circuit breaker for each e-mail channel: when mail is refused for a reason of ours, nothing is
sent until it is fixed, and then everything goes on from where it stood.

One server may be odd, so one refusal tells nothing. Sending pauses

- at once when the provider refuses our settings (a login, a sender, credits), as it would for any
  mail;
- when within an hour three different addresses (``store.mail.refused_mail.FEW``) are refused for a
  reason of ours, on two domains or more and at least one in twenty mails, or on one domain and one
  in five;
- not when the mails of a rep's domain alone are refused so, of three addresses or more: then the
  company's own sender stands in for that domain (``store.mail.sender_standing.refuse``);
- when five (``MANY``) are refused for whatever reason but that they are dead or full, and none is
  accepted in between.

To be wrong costs little: nothing that was refused is used up, and one mail is let through after a
minute, then at growing intervals of up to ten. When it goes, so do the others.

All times are journey time, UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.contracts.journey import ENDED
from domain.engagement.bounces import BounceMeaning
from domain.notifications.kinds import NotificationKind
from metrics import SENDS_REFUSED, count_when_committed
from store.alerts import NewAlert, all_managers, raise_alerts
from store.mail.refused_mail import (
    THEIRS,
    Reason,
    RefusedMail,
    reason_to_pause,
    record,
    refused_domains,
    since,
)
from store.mail.sender_standing import SENDER_DOMAIN, refuse
from store.notifications.raised import NewNotification, notify
from store.outbox.relay_messages import plan_anew

FIRST_PROBE, LONGEST_PROBE = timedelta(minutes=1), timedelta(minutes=10)
PROBATION = timedelta(minutes=10)
"""How long nothing may be reported of an accepted probe, where refusals are reported later."""
KEPT = timedelta(days=7)
COUNTED = timedelta(days=400)
"""How long refusals for a reason of ours are kept, for figures."""
ALERT = "sending_paused"

# Two that note refusals at once would each miss the other's.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('sending:' || :channel, 0))")
_OPEN = text(
    """
    INSERT INTO sending_pause (channel, reason, detail, reported, opened_at, probe_at)
    VALUES (:channel, :reason, :detail, :reported, :at, :probe_at)
    ON CONFLICT (channel) WHERE ended_at IS NULL DO NOTHING RETURNING id
    """
)
# What was refused has surely not arrived: its step is due again, and what it had waited is
# forgotten. An enrollment that has ended, or a mail that no cadence sent, has nobody to send it.
# Each refusal brings a touch back once: it may be sent again meanwhile. One whose reason is not
# surely ours does so for no touch that came back before. Whoever has a touch locked puts it off.
_RETURN = text(
    f"""
    UPDATE touch SET state = 'planned', sent_at = NULL, returned_at = :at, refusals = 0,
        refused_from = NULL
    WHERE id IN (
        SELECT touch.id FROM touch JOIN enrollment ON enrollment.id = touch.enrollment_id
        JOIN mail_refusal AS refusal ON refusal.touch_id = touch.id
        WHERE refusal.channel = :channel AND refusal.at > :since AND enrollment.ended_at IS NULL
            AND touch.state IN ('sent', 'failed', 'planned') AND touch.delivered_at IS NULL
            AND (touch.returned_at IS NULL OR refusal.at > touch.returned_at)
            AND (refusal.meaning = :ours OR (:all AND refusal.meaning <> ALL(:theirs)
                                             AND touch.returned_at IS NULL))
            AND (:domain = '' OR {SENDER_DOMAIN} = :domain)
        FOR UPDATE OF touch SKIP LOCKED)
    """
)
_WAITING = text(
    """
    SELECT DISTINCT CASE WHEN beside THEN split_part(key, ':', 1)
        ELSE 'lead-' || lead_id END AS workflow_id
    FROM (
        SELECT enrollment.key, lead.id AS lead_id, lead.phase,
            enrollment.key ~ '^(lead|opportunity)-' AS beside
        FROM enrollment JOIN lead ON lead.id = enrollment.lead_id
        WHERE enrollment.ended_at IS NULL AND (enrollment.put_off_from IS NOT NULL OR EXISTS (
            SELECT FROM touch WHERE touch.enrollment_id = enrollment.id
                AND touch.state = 'planned' AND touch.returned_at IS NOT NULL))
    ) AS waiting
    WHERE beside OR phase <> :ended ORDER BY workflow_id
    """
)
_PAUSES = """
    SELECT id, channel, reason, detail, reported, opened_at, probe_at, probes, accepted_at
    FROM sending_pause WHERE ended_at IS NULL
"""


@dataclass(frozen=True)
class PauseOfSending:
    """A channel that sends nothing for now."""

    id: int
    channel: str
    reason: Reason
    detail: str
    reported: bool
    opened_at: datetime
    probe_at: datetime
    probes: int
    accepted_at: datetime | None


def open_pauses(connection: Connection) -> list[PauseOfSending]:
    """The channels that send nothing now."""
    return [
        PauseOfSending(**row._mapping)
        for row in connection.execute(text(f"{_PAUSES} ORDER BY channel"))
    ]


def pause_of(connection: Connection, channel: str) -> PauseOfSending | None:
    """Why a channel sends nothing, None if it does."""
    row = connection.execute(
        text(f"{_PAUSES} AND channel = :channel"), {"channel": channel}
    ).first()
    return None if row is None else PauseOfSending(**row._mapping)


def is_part_of(pause: PauseOfSending, meaning: BounceMeaning | None) -> bool:
    """Whether a mail that is refused like this has met the trouble for which sending is paused."""
    if pause.reason == "refuses_all":
        return meaning is not None and meaning not in THEIRS
    return meaning is BounceMeaning.REPUTATION


def record_refusals(
    connection: Connection, channel: str, refusals: Sequence[RefusedMail], now: datetime
) -> set[str]:
    """Note mails that were refused, and pause sending when they show that the trouble is ours.

    In a transaction that has locked suppressions and leads already, if any.

    Returns:
        The keys of those that are new.
    """
    if not refusals:
        return set()
    connection.execute(_LOCK, {"channel": channel})
    new = [one for one in refusals if record(connection, channel, one)]
    if not new:
        return set()
    count_when_committed(connection, lambda: _count(channel, new))
    known = pause_of(connection, channel)
    ours = [one for one in new if one.meaning is BounceMeaning.REPUTATION]
    if known is not None:
        if ours:
            _go_on_waiting(connection, known, reported=any(one.reported for one in ours))
            _return(connection, channel, now, everything=known.reason == "refuses_all")
    elif (reason := reason_to_pause(connection, channel, new, now)) is not None:
        _open(connection, channel, reason, (ours or new)[-1], now)
    elif ours:
        for domain in refused_domains(connection, channel, now):
            refuse(connection, domain, ours[-1].code, now)
            _return(connection, channel, now, everything=False, domain=domain)
    return {one.key for one in new}


def _count(channel: str, refusals: Sequence[RefusedMail]) -> None:
    for one in refusals:
        SENDS_REFUSED.labels(channel, one.meaning).inc()


def _open(
    connection: Connection, channel: str, reason: Reason, last: RefusedMail, now: datetime
) -> None:
    pause_id = connection.execute(
        _OPEN,
        {
            "channel": channel,
            "reason": reason,
            "detail": last.code,
            "reported": last.reported,
            "at": now,
            "probe_at": now + FIRST_PROBE,
        },
    ).scalar()
    _return(connection, channel, now, everything=reason == "refuses_all")
    managers = all_managers(connection)
    alerts = [
        NewAlert(f"{ALERT}:{pause_id}:{person}", ALERT, person, now)
        # Administrators see the alerts of nobody.
        for person in managers or [""]
    ]
    raise_alerts(connection, alerts, now)
    if managers:
        # Those who can mend it.
        stopped = NotificationKind.SENDING_STOPPED
        notify(connection, [NewNotification(f"{ALERT}-{pause_id}", stopped)], now)


def _return(
    connection: Connection, channel: str, now: datetime, *, everything: bool, domain: str = ""
) -> None:
    """Have what was refused lately be due again, of all mail or of that from one domain."""
    connection.execute(
        _RETURN,
        {
            "channel": channel,
            "since": since(connection, channel, now),
            "at": now,
            "ours": BounceMeaning.REPUTATION,
            "theirs": THEIRS,
            "all": everything,
            "domain": domain,
        },
    )


def _go_on_waiting(connection: Connection, pause: PauseOfSending, *, reported: bool) -> None:
    connection.execute(
        text(
            "UPDATE sending_pause SET accepted_at = NULL, reported = reported OR :reported "
            "WHERE id = :id"
        ),
        {"id": pause.id, "reported": reported},
    )


def may_probe(connection: Connection, channel: str, now: datetime) -> bool:
    """Whether this mail may go although the channel is paused: one of all who ask, each time one
    is due. A channel of whose last probe no refusal was reported sends again.

    In a transaction.
    """
    connection.execute(_LOCK, {"channel": channel})
    pause = pause_of(connection, channel)
    if pause is None:
        return True
    if pause.accepted_at is not None:
        if now < pause.accepted_at + PROBATION:
            return False
        _end(connection, pause, "", now)
        return True
    if now < pause.probe_at:
        return False
    gap = min(FIRST_PROBE * (1 << min(pause.probes, 10)), LONGEST_PROBE)
    connection.execute(
        text("UPDATE sending_pause SET probes = probes + 1, probe_at = :next WHERE id = :id"),
        {"next": now + gap, "id": pause.id},
    )
    return True


def probe_accepted(connection: Connection, channel: str, now: datetime) -> None:
    """Let the others go, too, for the provider took a mail. Where refusals are reported later,
    they wait whether one is.

    In a transaction.
    """
    connection.execute(_LOCK, {"channel": channel})
    pause = pause_of(connection, channel)
    if pause is None:
        return
    if not pause.reported:
        _end(connection, pause, "", now)
        return
    connection.execute(
        text("UPDATE sending_pause SET accepted_at = :at WHERE id = :id"),
        {"at": now, "id": pause.id},
    )


def resume(connection: Connection, by: str, now: datetime) -> list[PauseOfSending]:
    """Send again on every channel, because somebody says that the trouble is fixed.

    Args:
        by: code or name of who orders it.

    Returns:
        The pauses that this ended.
    """
    pauses = open_pauses(connection)
    for pause in pauses:
        connection.execute(_LOCK, {"channel": pause.channel})
        _end(connection, pause, by, now)
    return pauses


def _end(connection: Connection, pause: PauseOfSending, by: str, now: datetime) -> None:
    """Let mail go again, and tell who waits."""
    connection.execute(
        text("UPDATE sending_pause SET ended_at = :at, ended_by = :by WHERE id = :id"),
        {"at": now, "by": by, "id": pause.id},
    )
    connection.execute(
        text(
            "UPDATE alert SET answered_at = :at WHERE kind = :kind AND answered_at IS NULL "
            "AND starts_with(key, :begins)"
        ),
        {"at": now, "kind": ALERT, "begins": f"{ALERT}:{pause.id}:"},
    )
    waiting = connection.execute(_WAITING, {"ended": ENDED}).scalars()
    plan_anew(connection, "sending", waiting)


def forget_refusals(connection: Connection, now: datetime) -> None:
    """Delete what is too old to tell anything."""
    connection.execute(
        text(
            "DELETE FROM mail_refusal WHERE at < :at AND (meaning <> :ours OR at < :counted_from)"
        ),
        {"at": now - KEPT, "ours": BounceMeaning.REPUTATION, "counted_from": now - COUNTED},
    )
