"""Batches of tracking messages into the database: identities first, then what was done.

The usual batch, of visitors who are known, takes the statements of
:func:`store.scoring.engagement.record` and one more, however large it is. Locks are taken in one
order: visitors, suppressions, accounts, leads, each sorted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from domain.identities import BatchLead, BatchVisitor, Identities, Key, KnownKey, TrackingCall
from store.access.write_keys import WriteKeySource
from store.accounts.accounts import Accounts, ensure_accounts, name_key
from store.consent.confirmations import ask, await_confirmation, confirm
from store.identities.identified_leads import (
    accounts_of,
    add_leads,
    lead_ids_of,
    leads_of_accounts,
    start_journeys,
    update_leads,
)
from store.recycle.recycle import attributes_changed
from store.scoring.engagement import LeadActivity, record
from store.scoring.lead_standing import lock_leads
from store.scoring.scoring import recount, refresh_fit
from store.tracking.reported_refusals import refuse, reported_refusals, unsubscriptions
from store.tracking.tracking_use import (
    LIMITS,
    TooMuch,
    over,
    record_crossings,
    room_with_sales,
    use,
)

RETRIES = 3
_SEEN_EVERY = timedelta(minutes=5)
_EVENTS = ("track", "page", "screen", "form")
# serialization_failure, deadlock_detected, unique_violation: somebody else was faster.
_TRY_AGAIN = ("40001", "40P01", "23505")

# Batches go side by side; one that lost against others goes alone, and so doesn't lose again.
_AMONG_OTHERS = "SELECT pg_advisory_xact_lock_shared(hashtext('visitors'))"
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('visitors'))"


class Overtaken(Exception):
    """Another batch changed the same visitors meanwhile, or they must be locked to change them."""


def record_batch(
    database: Engine,
    messages: Sequence[TrackingCall],
    source: WriteKeySource,
    now: datetime,
    also: Callable[[Connection], None] = lambda _connection: None,
) -> list[TrackingCall]:
    """Apply the messages in their order, and commit. What came before counts once.

    Args:
        now: journey time, UTC.
        also: done after them, in their transaction.

    Returns:
        Events that are not kept: their lead or visitor has had enough today.

    Raises:
        PolicyMissing: no scoring policy is published.
        Overtaken, sqlalchemy.exc.DBAPIError: the batch lost against others, :data:`RETRIES` times
            more after the first; or the database can't be reached.
    """
    exclusive = any(one.kind in ("identify", "group", "alias") for one in messages)
    for left in range(RETRIES, -1, -1):
        try:
            with database.begin() as connection:
                lock = _AMONG_OTHERS if left == RETRIES else _ALONE
                full = _take(connection, messages, source, now, lock, exclusive=exclusive)
                also(connection)
                return full
        except Overtaken:
            exclusive = True
            if not left:
                raise
        except DBAPIError as error:
            if not left or getattr(error.orig, "pgcode", None) not in _TRY_AGAIN:
                raise
    raise AssertionError("the last attempt returns or raises")


def _take(
    connection: Connection,
    messages: Sequence[TrackingCall],
    source: WriteKeySource,
    now: datetime,
    lock: str,
    *,
    exclusive: bool,
) -> list[TrackingCall]:
    keys = sorted({key for message in messages for key in message.known_by()})
    locked = _lock_visitors(connection, lock, keys) if exclusive else None
    known, stale = _known_keys(connection, lock, keys, now)
    if locked is not None and not locked.issuperset(one.visitor_id for one in known):
        raise Overtaken
    emails = sorted({key for one in messages if (key := one.facts.get("email_key"))})
    trusted = source.kind == "server"
    identities = Identities(known, lead_ids_of(connection, emails), trusted=trusted)
    seen = [(one, identities.take(one)) for one in messages if one.known_by()]
    if identities.changes_stored() and not exclusive:
        raise Overtaken
    full = _full_today(connection, source, identities, seen)
    concerned = [lead for lead in identities.leads.values() if lead.facts or lead.account]
    escalate = room_with_sales(connection, source)
    records = refuse(connection, reported_refusals(connection, messages, identities.leads.values()))
    accounts = _accounts(connection, identities, concerned, source)
    new_leads = add_leads(connection, concerned, source)
    _add_visitors(connection, identities.new_visitors(), accounts, now)
    moved = _change_visitors(connection, identities, accounts, full)
    _assign_keys(connection, identities)
    of_accounts = leads_of_accounts(connection, accounts.changed)
    changed = set(new_leads) | of_accounts
    refused = unsubscriptions(connection, records)
    if concerned or moved or refused:
        doers = {visitor.now().lead for _, visitor in seen} | set(concerned)
        stopped = {one.lead_id for one in refused if one.lead_id}
        lock_leads(connection, changed | moved | stopped | {lead.id for lead in doers if lead})
    _begin(connection, new_leads, concerned, source, now)
    updated = update_leads(connection, concerned, accounts, source, now)
    changed |= updated
    if changed:
        refresh_fit(connection, sorted(changed), now, escalate=escalate)
        attributes_changed(connection, _attributes(identities, updated | of_accounts))
    if moved:
        recount(connection, sorted(moved), now, escalate=escalate)
    _touch_visitors(connection, stale, now)
    events = [(message, visitor) for message, visitor in seen if message.kind in _EVENTS]
    happened = {
        message.key: _happened(message, visitor.now())
        for message, visitor in reversed(events)
        if not full or _doer(visitor) not in full
    }
    if happened or refused:
        record(connection, [*happened.values(), *refused], now, escalate=escalate)
    if source.kind == "browser":
        doers = {visitor.now().lead for _, visitor in seen} | set(concerned)
        record_crossings(connection, source, {lead.id for lead in doers if lead} | changed, now)
    return [message for message, visitor in events if full and _doer(visitor) in full]


def _begin(
    connection: Connection,
    new_leads: Sequence[int],
    concerned: Sequence[BatchLead],
    source: WriteKeySource,
    now: datetime,
) -> None:
    """Begin what the key's leads begin with. For the address that a browser brings, its owner has
    to speak; a site's own server speaks for it."""
    if source.kind == "server":
        start_journeys(connection, new_leads, source.cadence)
        confirm(connection, [lead.id for lead in concerned], now)
        return
    await_confirmation(connection, new_leads, source, now)
    if concerned:
        ask(connection, source.id, now, [lead.id for lead in concerned])


def _doer(visitor: BatchVisitor) -> str:
    """Whose limit what the visitor does counts under; '' for one that is new with this batch."""
    visitor = visitor.now()
    if visitor.lead is not None:
        return f"lead:{visitor.lead.id}" if visitor.lead.id else ""
    return f"visitor:{visitor.id}" if visitor.id else ""


def _full_today(
    connection: Connection,
    source: WriteKeySource,
    identities: Identities,
    seen: Sequence[tuple[TrackingCall, BatchVisitor]],
) -> set[str]:
    """Leads and visitors of which too many events came today, with those of this batch and with
    what visitors did before they became a lead.

    Raises:
        TooMuch: of the key's visitors too many are new in this hour.
    """
    limits = LIMITS[source.kind]
    counts = Counter(
        ("events", who)
        for message, visitor in seen
        if message.kind in _EVENTS and (who := _doer(visitor))
    )
    linked = {one.id: _doer(one) for one in identities.changed() if one.linked and _doer(one)}
    linked |= {one.id: _doer(one) for one in identities.merged() if one.now().lead and _doer(one)}
    for visitor_id, events in _histories(connection, linked).items():
        counts["events", linked[visitor_id]] += events
    new = len(identities.new_visitors())
    if new and "new visitors" in limits:
        counts["new visitors", ""] = new
    used = use(connection, source, counts)
    if ("new visitors", "") in used and over(
        limits, ("new visitors", ""), used["new visitors", ""]
    ):
        raise TooMuch(limits["new visitors"])
    return {one[1] for one, times in used.items() if one[1] and over(limits, one, times)}


def _histories(connection: Connection, visitor_ids: Iterable[int]) -> dict[int, int]:
    """How many events of these visitors are nobody's yet."""
    ids = list(visitor_ids)
    if not ids:
        return {}
    rows = connection.execute(
        text(
            "SELECT visitor_id, count(*) AS events FROM engagement WHERE lead_id IS NULL "
            "AND visitor_id = ANY(CAST(:ids AS bigint[])) GROUP BY visitor_id"
        ),
        {"ids": ids},
    )
    return {row.visitor_id: row.events for row in rows}


def _attributes(identities: Identities, lead_ids: Iterable[int]) -> dict[int, set[str]]:
    """Names of the attributes that were said of these leads, or of accounts in their batch."""
    of_groups = {name for group in identities.groups.values() for name in group.attributes}
    own = {lead.id: set(lead.facts.get("attributes", ())) for lead in identities.leads.values()}
    found = {lead_id: of_groups | own.get(lead_id, set()) for lead_id in lead_ids}
    return {lead_id: names for lead_id, names in found.items() if names}


def _happened(message: TrackingCall, visitor: BatchVisitor) -> LeadActivity:
    lead = visitor.lead
    return LeadActivity(
        message.key,
        message.kind,
        message.at,
        lead_id=lead.id if lead else None,
        visitor_id=None if lead else visitor.id,
        name=message.name,
        detail=message.detail,
    )


def _split(keys: Iterable[Key]) -> dict[str, list[str]]:
    pairs = list(keys)
    return {"kinds": [kind for kind, _ in pairs], "values": [value for _, value in pairs]}


_THESE_KEYS = "unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS k (kind, value)"
# Each lock goes with the statement after it, which sees what was committed until it was granted.
_KNOWN_KEYS = {
    lock: text(
        f"""
        {lock};
        SELECT visitor_key.kind, visitor_key.value, visitor.id, visitor.lead_id,
            visitor.account_id, nullif(visitor.traits, '{{}}') AS traits,
            visitor.last_seen_at < :before AS stale,
            kind = 'user' OR EXISTS (SELECT FROM visitor_key AS other
                                     WHERE other.visitor_id = visitor.id AND other.kind = 'user')
                AS named
        FROM {_THESE_KEYS} JOIN visitor_key USING (kind, value)
        JOIN visitor ON visitor.id = visitor_key.visitor_id
        ORDER BY visitor.id FOR SHARE OF visitor
        """
    )
    for lock in (_AMONG_OTHERS, _ALONE)
}


def _lock_visitors(connection: Connection, lock: str, keys: Sequence[Key]) -> set[int]:
    rows = connection.execute(
        text(
            f"{lock}; SELECT id FROM visitor WHERE id IN (SELECT visitor_id FROM visitor_key "
            f"JOIN {_THESE_KEYS} USING (kind, value)) ORDER BY id FOR UPDATE"
        ),
        _split(keys),
    )
    return set(rows.scalars())


def _known_keys(
    connection: Connection, lock: str, keys: Sequence[Key], now: datetime
) -> tuple[list[KnownKey], list[int]]:
    """The stored ones of these keys, their visitors held as they are until the commit; and the
    visitors that were not noted as seen for some time."""
    asked = {**_split(keys), "before": now - _SEEN_EVERY}
    known, old = [], []
    for kind, value, visitor, lead, account, traits, stale, named in connection.execute(
        _KNOWN_KEYS[lock], asked
    ):
        known.append(KnownKey((kind, value), visitor, lead, account, named, traits or {}))
        if stale:
            old.append(visitor)
    return known, old


def _accounts(
    connection: Connection,
    identities: Identities,
    concerned: Sequence[BatchLead],
    source: WriteKeySource,
) -> Accounts:
    names = {
        name_key(company): company for lead in concerned if (company := lead.facts.get("company"))
    }
    own = None
    if source.kind == "browser":
        leads = {visitor.now().lead for visitor in identities.visitors} | set(concerned)
        own = accounts_of(connection, [lead.id for lead in leads if lead and lead.id])
    return ensure_accounts(connection, identities.groups, names, own=own)


def _add_visitors(
    connection: Connection, new: Sequence[BatchVisitor], accounts: Accounts, now: datetime
) -> None:
    if not new:
        return
    ids = connection.execute(
        text(
            "SELECT nextval(pg_get_serial_sequence('visitor', 'id')) "
            "FROM generate_series(1, :count)"
        ),
        {"count": len(new)},
    ).scalars()
    for visitor, visitor_id in zip(new, ids, strict=True):
        visitor.id = visitor_id
    connection.execute(
        text(
            """
            INSERT INTO visitor (id, lead_id, account_id, traits, first_seen_at, last_seen_at)
            SELECT id, lead_id, account_id, CAST(traits AS jsonb), :now, :now
            FROM unnest(CAST(:ids AS bigint[]), CAST(:leads AS bigint[]),
                        CAST(:accounts AS bigint[]), CAST(:traits AS text[]))
                AS one (id, lead_id, account_id, traits)
            """
        ),
        {**_columns(new, accounts), "now": now},
    )


def _columns(visitors: Sequence[BatchVisitor], accounts: Accounts) -> dict[str, object]:
    return {
        "ids": [one.id for one in visitors],
        "leads": [one.lead.id if one.lead else None for one in visitors],
        "accounts": [accounts.id_of(one.account) for one in visitors],
        "traits": [json.dumps(one.traits) for one in visitors],
    }


def _change_visitors(
    connection: Connection, identities: Identities, accounts: Accounts, full: Container[str]
) -> set[int]:
    """Write links and merges with the history that goes with them, unless its lead is ``full``;
    returns the leads that got some."""
    if changed := identities.changed():
        connection.execute(
            text(
                """
                UPDATE visitor SET lead_id = new.lead_id, account_id = new.account_id,
                    traits = CAST(new.traits AS jsonb)
                FROM unnest(CAST(:ids AS bigint[]), CAST(:leads AS bigint[]),
                            CAST(:accounts AS bigint[]), CAST(:traits AS text[]))
                    AS new (id, lead_id, account_id, traits)
                WHERE visitor.id = new.id
                """
            ),
            _columns(changed, accounts),
        )
    merged = identities.merged()
    moves = [(one.id, one.now()) for one in merged]
    moves += [(one.id, one) for one in changed if one.linked]
    if not moves:
        return set()
    leads = connection.execute(
        text(
            """
            UPDATE engagement SET visitor_id = move.target,
                lead_id = coalesce(engagement.lead_id, move.lead_id)
            FROM unnest(CAST(:sources AS bigint[]), CAST(:targets AS bigint[]),
                        CAST(:leads AS bigint[])) AS move (source, target, lead_id)
            WHERE engagement.visitor_id = move.source
            RETURNING engagement.lead_id
            """
        ),
        {
            "sources": [source for source, _ in moves],
            "targets": [target.id for _, target in moves],
            "leads": [
                target.lead.id if target.lead and _doer(target) not in full else None
                for _, target in moves
            ],
        },
    )
    gained = {lead for lead in leads.scalars() if lead is not None}
    _move_touches(connection, moves)
    if merged:
        connection.execute(
            text(
                """
                UPDATE visitor_key SET visitor_id = move.target
                FROM unnest(CAST(:sources AS bigint[]), CAST(:targets AS bigint[]))
                    AS move (source, target)
                WHERE visitor_key.visitor_id = move.source
                """
            ),
            {
                "sources": [one.id for one in merged],
                "targets": [one.now().id for one in merged],
            },
        )
        connection.execute(
            text("DELETE FROM visitor WHERE id = ANY(:ids)"), {"ids": [one.id for one in merged]}
        )
    return gained


def _move_touches(connection: Connection, moves: Sequence[tuple[int, BatchVisitor]]) -> None:
    """By which campaigns these visitors came is told of their lead from now on."""
    connection.execute(
        text(
            """
            UPDATE campaign_touch SET visitor_id = move.target,
                lead_id = coalesce(campaign_touch.lead_id, move.lead_id)
            FROM unnest(CAST(:sources AS bigint[]), CAST(:targets AS bigint[]),
                        CAST(:leads AS bigint[])) AS move (source, target, lead_id)
            WHERE campaign_touch.visitor_id = move.source
            """
        ),
        {
            "sources": [source for source, _ in moves],
            "targets": [target.id for _, target in moves],
            "leads": [target.lead.id if target.lead else None for _, target in moves],
        },
    )


def _assign_keys(connection: Connection, identities: Identities) -> None:
    if new := identities.new_keys():
        added = connection.execute(
            text(
                """
                INSERT INTO visitor_key (kind, value, visitor_id)
                SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]),
                                     CAST(:visitors AS bigint[])) AS k (kind, value, visitor_id)
                ORDER BY kind, value
                ON CONFLICT (kind, value) DO NOTHING
                """
            ),
            {**_split(key for key, _ in new), "visitors": [one.id for _, one in new]},
        ).rowcount
        if added != len(new):
            raise Overtaken
    if moved := identities.moved_keys():
        connection.execute(
            text(
                """
                UPDATE visitor_key SET visitor_id = k.visitor_id
                FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]),
                            CAST(:visitors AS bigint[])) AS k (kind, value, visitor_id)
                WHERE (visitor_key.kind, visitor_key.value) = (k.kind, k.value)
                """
            ),
            {**_split(key for key, _ in moved), "visitors": [one.id for _, one in moved]},
        )


def _touch_visitors(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Note these visitors as seen; one that another batch holds will be by that batch."""
    if not ids:
        return
    connection.execute(
        text(
            "UPDATE visitor SET last_seen_at = :now WHERE id IN (SELECT id FROM visitor "
            "WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)"
        ),
        {"ids": list(ids), "now": now},
    )
