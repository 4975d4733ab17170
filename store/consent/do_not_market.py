"""Accounts in sales' hands: not marketed to, given a play, seen with what is scheduled. Times are
journey time, UTC."""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.contracts.journey import ENDED, EventCode, JourneyEvent, Phase
from domain.names import full_name, id_named
from domain.refusals import Conflict
from domain.sentences import sentence
from store.accounts.accounts import name_key
from store.outbox.relay_messages import notify_journey, plan_anew
from store.published.cadences import latest_cadence
from store.routing.presence import is_known
from store.scoring.lead_standing import WITH_MARKETING

_LONGEST = timedelta(days=5 * 366)


@dataclass(frozen=True)
class AccountLine:
    """An account as a list shows it. While ``do_not_market``, marketing may not write to it: until
    ``do_not_market_until`` (journey time, UTC; None for good)."""

    id: int
    name: str
    domain: str
    owner: str
    leads: int
    do_not_market: bool
    do_not_market_until: datetime | None
    do_not_market_by: str
    do_not_market_reason: str


@dataclass(frozen=True)
class LeadOfAccount:
    """A lead of an account and where its journey is."""

    id: int
    name: str
    title: str
    stage: str
    phase: str
    owner: str
    cadence: str
    """The cadence it is enrolled in now, '' for none."""


@dataclass(frozen=True)
class ScheduledStep:
    """What comes next in a running enrollment; ``due_at`` is journey time, UTC.
    ``put_off`` is whether it waits because the account is do-not-market."""

    enrollment_id: int
    lead_id: int
    name: str
    company: str
    owner: str
    cadence: str
    step: str
    due_at: datetime | None
    put_off: bool


_ACCOUNT = """
    SELECT account.id, account.name, coalesce(account.domain, '') AS domain, account.owner,
        (SELECT count(*) FROM lead WHERE lead.account_id = account.id) AS leads,
        coalesce(account.do_not_market_until > :now, false) AS do_not_market,
        CASE WHEN account.do_not_market_until > :now
            THEN nullif(account.do_not_market_until, 'infinity') END AS do_not_market_until,
        account.do_not_market_by, account.do_not_market_reason
    FROM account
"""


def find_account(connection: Connection, who: str, now: datetime) -> AccountLine | None:
    """The account of this name, domain or id (``7`` or ``account-7``), or None."""
    row = connection.execute(
        text(
            f"{_ACCOUNT} WHERE account.name_key = :name OR account.domain = :domain "
            "OR account.id = :id ORDER BY account.name_key = :name DESC, account.id LIMIT 1"
        ),
        {
            "now": now,
            "name": name_key(who),
            "domain": who.strip().casefold(),
            "id": id_named(who, "account"),
        },
    ).first()
    return None if row is None else AccountLine(**row._mapping)


def list_accounts(
    connection: Connection,
    now: datetime,
    *,
    do_not_market: bool = False,
    owner: str = "",
    limit: int = 50,
) -> list[AccountLine]:
    """Accounts by name.

    Args:
        now: journey time, UTC.
        do_not_market: only those that marketing may not write to now.
        owner: only those of the rep with this code; '' for all.
    """
    rows = connection.execute(
        text(
            f"{_ACCOUNT} WHERE (NOT :do_not_market OR account.do_not_market_until > :now) "
            "AND (:owner = '' OR account.owner = :owner) ORDER BY account.name_key LIMIT :limit"
        ),
        {"now": now, "do_not_market": do_not_market, "owner": owner, "limit": limit},
    )
    return [AccountLine(**row._mapping) for row in rows]


_LEAD = """
    lead.id, first_name, last_name, email, title, stage, phase, lead.owner, coalesce(
        (SELECT version.name FROM enrollment
        JOIN cadence_version AS version ON version.id = enrollment.cadence_version_id
        WHERE enrollment.lead_id = lead.id AND ended_at IS NULL
        ORDER BY enrollment.id DESC LIMIT 1), '') AS cadence
"""


def leads_of(
    connection: Connection,
    account_id: int,
    *,
    team: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[LeadOfAccount]:
    """The leads of an account, the first first.

    Args:
        team: only those whose owner is of this team; None for all.
        after: only those with a larger id.
        limit: how many at most; None for all.
    """
    rows = connection.execute(
        text(
            f"""
            SELECT {_LEAD} FROM lead WHERE account_id = :account AND lead.id > :after
                AND (cast(:team AS text) IS NULL
                    OR lead.owner IN (SELECT code FROM rep WHERE rep.team = :team))
            ORDER BY lead.id LIMIT :limit
            """
        ),
        {"account": account_id, "team": team, "after": after, "limit": limit},
    )
    return [_lead(row) for row in rows]


def set_do_not_market(
    connection: Connection,
    account_id: int,
    *,
    until: datetime | None,
    by: str,
    reason: str,
    now: datetime,
) -> None:
    """Keep an account out of all marketing mail; what is due meanwhile goes afterwards.

    Args:
        until: journey time, UTC; None for good.
        by: code of the person who decides it, or name of their token.
        now: journey time, UTC.

    Raises:
        Conflict: the time is not to come, or too far away, nobody has this code, or there
            is no reason.
    """
    if until is not None and not now < until <= now + _LONGEST:
        raise Conflict(
            sentence(
                "{day:%Y-%m-%d} is not to come, or more than five years away; choose another day, "
                "or set it to do-not-market for good.",
                day=until,
            )
        )
    if not is_known(connection, by):
        raise Conflict(
            sentence("Nobody has the code '{code}'; the team policy names the reps.", code=by)
        )
    if not reason.strip():
        raise Conflict(sentence("Say why the account is do-not-market: others will ask."))
    connection.execute(
        text(
            "UPDATE account SET "
            "do_not_market_until = coalesce(cast(:until AS timestamptz), 'infinity'), "
            "do_not_market_by = :by, do_not_market_reason = :reason WHERE id = :id"
        ),
        {"until": until, "by": by, "reason": reason.strip(), "id": account_id},
    )
    _plan_put_off_touches_anew(connection, account_id)


def release(connection: Connection, account_id: int) -> None:
    """Let marketing write to an account again; what was put off goes at the next opening of its
    window."""
    connection.execute(
        text(
            "UPDATE account SET do_not_market_until = NULL, do_not_market_by = '', "
            "do_not_market_reason = '' WHERE id = :id"
        ),
        {"id": account_id},
    )
    _plan_put_off_touches_anew(connection, account_id)


@dataclass(frozen=True)
class Play:
    """Whom a play takes: ``started`` leads go into its cadence now, ``left_alone`` are in sales'
    hands or without a journey."""

    started: Sequence[LeadOfAccount]
    left_alone: Sequence[LeadOfAccount]


def play(
    connection: Connection,
    account: AccountLine,
    cadence: str,
    among: Container[int] | None = None,
) -> Play:
    """Start a cadence now for the account's leads that are with marketing.

    Args:
        among: ids of the leads that whoever starts it may see; None for all.

    Raises:
        Conflict: the account is not marketed to.
        CadenceMissing: the cadence was never published.
    """
    if account.do_not_market:
        raise Conflict(
            sentence(
                "{account} is not marketed to by {who}: release it first.",
                account=account.name,
                who=account.do_not_market_by or sentence("somebody"),
            )
        )
    leads = [lead for lead in leads_of(connection, account.id) if among is None or lead.id in among]
    return _play(connection, leads, [], cadence)


def play_leads(
    connection: Connection, lead_ids: Sequence[int], cadence: str, now: datetime, team: str | None
) -> Play:
    """Start a cadence now for those of these leads that are with marketing, and whose account is
    marketed to.

    Args:
        now: journey time, UTC.
        team: only for those whose owner is of this team; None for all.

    Raises:
        CadenceMissing: the cadence was never published.
    """
    rows = connection.execute(
        text(
            f"""
            SELECT {_LEAD}, coalesce(do_not_market_until > :now, false) AS kept FROM lead
            LEFT JOIN account ON account.id = lead.account_id
            WHERE lead.id = ANY(cast(:ids AS bigint[])) AND (cast(:team AS text) IS NULL
                OR lead.owner IN (SELECT code FROM rep WHERE rep.team = :team))
            ORDER BY lead.id
            """
        ),
        {"ids": list(lead_ids), "team": team, "now": now},
    ).all()
    free = [_lead(row) for row in rows if not row.kept]
    return _play(connection, free, [_lead(row) for row in rows if row.kept], cadence)


def _play(
    connection: Connection,
    leads: Sequence[LeadOfAccount],
    left: Sequence[LeadOfAccount],
    cadence: str,
) -> Play:
    """Start it for those of ``leads`` that are with marketing."""
    latest_cadence(connection, cadence)
    started = [lead for lead in leads if lead.phase in WITH_MARKETING]
    cycles = _cycles(connection, [lead.id for lead in started])
    for lead in started:
        notify_journey(
            connection,
            lead.id,
            key=f"play:lead-{lead.id}:{uuid.uuid4()}",
            signal="engagement",
            event=JourneyEvent(EventCode.PLAY, cycle=cycles[lead.id], reason=cadence),
        )
    return Play(started, [*(lead for lead in leads if lead not in started), *left])


def scheduled(
    connection: Connection,
    now: datetime,
    *,
    account_id: int = 0,
    owner: str = "",
    team: str | None = None,
    after: Sequence[object] | None = None,
    limit: int | None = None,
) -> list[ScheduledStep]:
    """What marketing has scheduled for the leads of an account, or of a rep and the rep's
    accounts; the next first, what has no time last.

    Args:
        now: journey time, UTC.
        team: only for leads whose owner is of this team; None for all.
        after: only those after the one with this ``due_at`` and ``enrollment_id``.
        limit: how many at most; None for all.
    """
    due_at, last = after or (None, None)
    rows = connection.execute(
        text(
            """
            SELECT enrollment.id AS enrollment_id, lead.id, first_name, last_name, email,
                lead.owner, coalesce(account.name, '') AS company, version.name AS cadence,
                enrollment.step, enrollment.due_at,
                enrollment.put_off_from IS NOT NULL
                    AND coalesce(account.do_not_market_until > :now, false) AS put_off
            FROM enrollment
            JOIN lead ON lead.id = enrollment.lead_id
            JOIN cadence_version AS version ON version.id = enrollment.cadence_version_id
            LEFT JOIN account ON account.id = lead.account_id
            WHERE enrollment.ended_at IS NULL
                AND (:account = 0 OR lead.account_id = :account)
                AND (:owner = '' OR lead.owner = :owner OR account.owner = :owner)
                AND (cast(:team AS text) IS NULL
                    OR lead.owner IN (SELECT code FROM rep WHERE rep.team = :team))
                AND (:id IS NULL OR (coalesce(enrollment.due_at, 'infinity'), enrollment.id)
                    > (coalesce(cast(:due_at AS timestamptz), 'infinity'), :id))
            ORDER BY coalesce(enrollment.due_at, 'infinity'), enrollment.id LIMIT :limit
            """
        ),
        {
            "now": now,
            "account": account_id,
            "owner": owner,
            "team": team,
            "due_at": due_at,
            "id": last,
            "limit": limit,
        },
    )
    return [
        ScheduledStep(
            row.enrollment_id,
            row.id,
            _name(row),
            row.company,
            row.owner,
            row.cadence,
            row.step,
            row.due_at,
            row.put_off,
        )
        for row in rows
    ]


def journeys_of(connection: Connection, account_id: int) -> list[int]:
    """The leads of an account whose journey runs."""
    return [lead.id for lead in leads_of(connection, account_id) if lead.phase not in ("", ENDED)]


def _plan_put_off_touches_anew(connection: Connection, account_id: int) -> None:
    """Tell who waits to send what was put off: the journey, or the cadence that runs beside
    it, whose enrollment begins with its workflow's id."""
    rows = connection.execute(
        text(
            """
            SELECT DISTINCT CASE WHEN beside THEN split_part(key, ':', 1)
                ELSE 'lead-' || lead_id END AS workflow_id
            FROM (
                SELECT enrollment.key, lead.id AS lead_id, lead.phase,
                    enrollment.key ~ '^(lead|opportunity)-' AS beside
                FROM enrollment JOIN lead ON lead.id = enrollment.lead_id
                WHERE lead.account_id = :account AND enrollment.ended_at IS NULL
                    AND enrollment.put_off_from IS NOT NULL
            ) AS waiting
            WHERE beside OR phase = :nurture ORDER BY workflow_id
            """
        ),
        {"account": account_id, "nurture": Phase.NURTURE},
    )
    plan_anew(connection, "do-not-market", rows.scalars())


def _cycles(connection: Connection, lead_ids: Iterable[int]) -> dict[int, int]:
    rows = connection.execute(
        text("SELECT id, cycle FROM lead WHERE id = ANY(cast(:ids AS bigint[]))"),
        {"ids": list(lead_ids)},
    )
    return {row.id: row.cycle for row in rows}


def _lead(row: Row[Any]) -> LeadOfAccount:
    return LeadOfAccount(
        row.id, _name(row), row.title, row.stage, row.phase, row.owner, row.cadence
    )


def _name(row: Row[Any]) -> str:
    return full_name(row.first_name, row.last_name) or str(row.email)
