"""Leads that may be the same person: found by keys that have an index, never by comparing each
with each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.dialects.postgresql import insert

from domain.contacts.merging import Likeness
from domain.names import FREE_MAIL, full_name
from store.tables import NotDuplicate

MOST_ALIKE = 20
"""A number or a name that more leads have, such as that of a switchboard, says nothing."""
# What two leads must have in common, strongest first. Free mail providers are no company.
_SAME: Mapping[Likeness, str] = {
    Likeness.MAILBOX: "(a.mailbox = b.mailbox OR a.mailbox = b.email_key "
    "OR a.email_key = b.mailbox)",
    Likeness.PHONE: "(a.phone <> '' AND a.phone = b.phone)",
    Likeness.NAME_AND_COMPANY: "(a.likeness = b.likeness AND "
    "split_part(a.likeness, '@', 2) !~ :free)",
}
# Of each kind, the keys that several leads have, in the order of an index.
_KEYS: Mapping[Likeness, str] = {
    Likeness.MAILBOX: """
        SELECT box.key, box.ids FROM (
            SELECT mailbox AS key, array_agg(id ORDER BY id) || coalesce((SELECT array_agg(own.id)
                FROM lead AS own WHERE own.email_key = lead.mailbox), '{}') AS ids
            FROM lead WHERE mailbox IS NOT NULL AND mailbox >= :key GROUP BY mailbox
        ) AS box WHERE cardinality(box.ids) BETWEEN 2 AND :most ORDER BY box.key
    """,
    Likeness.PHONE: """
        SELECT phone AS key, array_agg(id ORDER BY id) AS ids FROM lead
        WHERE phone <> '' AND phone >= :key GROUP BY phone
        HAVING count(*) BETWEEN 2 AND :most ORDER BY phone
    """,
    # OFFSET 0: the pattern is for the few that several leads have, not for each lead.
    Likeness.NAME_AND_COMPANY: """
        SELECT named.key, named.ids FROM (
            SELECT likeness AS key, array_agg(id ORDER BY id) AS ids FROM lead
            WHERE likeness IS NOT NULL AND likeness >= :key GROUP BY likeness
            HAVING count(*) BETWEEN 2 AND :most ORDER BY likeness OFFSET 0
        ) AS named WHERE split_part(named.key, '@', 2) !~ :free ORDER BY named.key
    """,
}
_LIKENESSES = tuple(Likeness)
_SHOWN = ", ".join(
    f"{one}.id AS {one}_id, {one}.first_name AS {one}_first, {one}.last_name AS {one}_last, "
    f"{one}.email AS {one}_email, {one}.phone AS {one}_phone, {one}.stage AS {one}_stage, "
    f"coalesce({one}_account.name, '') AS {one}_company"
    for one in ("a", "b")
)
_REASONS = ", ".join(f"{same} IS TRUE AS {kind.value}" for kind, same in _SAME.items())
_ACCOUNTS = """
    LEFT JOIN account AS a_account ON a_account.id = a.account_id
    LEFT JOIN account AS b_account ON b_account.id = b.account_id
"""
_NOT_DISMISSED = """
    NOT EXISTS (SELECT FROM not_duplicate WHERE (lead_id, other_id) = (a.id, b.id))
    AND NOT EXISTS (SELECT FROM not_duplicate WHERE (lead_id, other_id) = (b.id, a.id))
"""
_VISIBLE = """
    (cast(:team AS text) IS NULL OR (
        EXISTS (SELECT FROM rep WHERE rep.code = a.owner AND rep.team = :team)
        AND EXISTS (SELECT FROM rep WHERE rep.code = b.owner AND rep.team = :team)))
"""


def _listed(kind: Likeness) -> str:
    stronger = _LIKENESSES[: _LIKENESSES.index(kind)]
    # A pair that more than one thing speaks for is listed with the strongest.
    only_here = "".join(f" AND {_SAME[one]} IS NOT TRUE" for one in stronger)
    return f"""
        SELECT found.key, {_SHOWN}, {_REASONS}
        FROM ({_KEYS[kind]}) AS found
        CROSS JOIN LATERAL unnest(found.ids) AS one (id)
        CROSS JOIN LATERAL unnest(found.ids) AS two (id)
        JOIN lead AS a ON a.id = one.id JOIN lead AS b ON b.id = two.id {_ACCOUNTS}
        WHERE one.id < two.id AND (found.key, one.id, two.id) > (:key, :a, :b)
            AND {_NOT_DISMISSED} AND {_VISIBLE} {only_here}
        ORDER BY found.key, one.id, two.id LIMIT :limit
    """


_IN_ORDER = text("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
_PAIRS = {kind: text(_listed(kind)) for kind in Likeness}
_OF_LEAD = text(
    f"""
    WITH one AS (SELECT id, email_key, mailbox, phone, likeness FROM lead WHERE id = :lead),
    likely AS (
        (SELECT lead.id FROM one JOIN lead ON lead.mailbox = one.mailbox
            AND lead.mailbox IS NOT NULL LIMIT :most)
        UNION (SELECT lead.id FROM one JOIN lead ON lead.mailbox = one.email_key
            AND lead.mailbox IS NOT NULL LIMIT :most)
        UNION (SELECT lead.id FROM one JOIN lead ON lead.email_key = one.mailbox)
        UNION (SELECT lead.id FROM one JOIN lead ON lead.phone = one.phone AND lead.phone <> ''
            LIMIT :most)
        UNION (SELECT lead.id FROM one JOIN lead ON lead.likeness = one.likeness
            AND lead.likeness IS NOT NULL LIMIT :most)
    )
    SELECT '' AS key, {_SHOWN}, {_REASONS}
    FROM lead AS a CROSS JOIN likely JOIN lead AS b ON b.id = likely.id {_ACCOUNTS}
    WHERE a.id = :lead AND b.id <> a.id AND {_NOT_DISMISSED}
        AND (cast(:team AS text) IS NULL
            OR EXISTS (SELECT FROM rep WHERE rep.code = b.owner AND rep.team = :team))
        AND ({" OR ".join(f"{same} IS TRUE" for same in _SAME.values())})
    ORDER BY {", ".join(f"({same} IS TRUE) DESC" for same in _SAME.values())}, b.id
    LIMIT :most
    """
)


@dataclass(frozen=True)
class SuspectLead:
    """One of two leads that may be the same person."""

    id: int
    name: str
    email: str
    company: str
    phone: str
    stage: str


@dataclass(frozen=True)
class Suspicion:
    """Two leads that may be the same person, and why; ``key`` is what the list is ordered by."""

    lead: SuspectLead
    other: SuspectLead
    why: list[Likeness]
    kind: int = 0
    key: str = ""


def duplicates_of(
    connection: Connection, lead_id: int, *, team: str | None = None
) -> list[Suspicion]:
    """The leads that may be the same person as this one, the likeliest first, at most
    :data:`MOST_ALIKE`.

    Args:
        team: only those of this team; None for all.
    """
    values = {"lead": lead_id, "team": team, "most": MOST_ALIKE, "free": FREE_MAIL}
    return [_suspicion(row) for row in connection.execute(_OF_LEAD, values).mappings()]


def suspicions(
    connection: Connection,
    *,
    team: str | None = None,
    after: tuple[int, str, int, int] | None = None,
    limit: int,
) -> list[Suspicion]:
    """Pairs of leads that may be the same person, each once, by what speaks for it most surely.

    Args:
        team: only where both are of this team; None for all.
        after: kind, key and ids of the last pair of the page before.
    """
    begin, key, first, second = after or (0, "", 0, 0)
    found: list[Suspicion] = []
    # A page ends where it is full: read in the order of the index, not sorted as a whole first.
    connection.execute(_IN_ORDER)
    for index in range(begin, len(_LIKENESSES)):
        if len(found) >= limit:
            break
        values = {
            "key": key,
            "a": first,
            "b": second,
            "team": team,
            "most": MOST_ALIKE,
            "free": FREE_MAIL,
            "limit": limit - len(found),
        }
        rows = connection.execute(_PAIRS[_LIKENESSES[index]], values).mappings()
        found += [_suspicion(row, index) for row in rows]
        key, first, second = "", 0, 0
    return found


def dismiss(connection: Connection, lead_id: int, other_id: int, *, by: str, now: datetime) -> None:
    """Keep that these two are not the same person.

    Args:
        now: journey time, UTC.
    """
    first, second = sorted((lead_id, other_id))
    connection.execute(
        insert(NotDuplicate)
        .values(lead_id=first, other_id=second, by=by, at=now)
        .on_conflict_do_nothing()
    )


def why_alike(connection: Connection, lead_id: int, other_id: int) -> list[Likeness]:
    """What speaks for these two being the same person."""
    row = (
        connection.execute(
            text(
                f"SELECT {_REASONS} FROM lead AS a CROSS JOIN lead AS b "
                "WHERE a.id = :a AND b.id = :b"
            ),
            {"a": lead_id, "b": other_id, "free": FREE_MAIL},
        )
        .mappings()
        .one()
    )
    return _why(row)


def _suspicion(row: RowMapping, kind: int = 0) -> Suspicion:
    return Suspicion(_lead(row, "a"), _lead(row, "b"), _why(row), kind, row["key"])


def _lead(row: RowMapping, one: str) -> SuspectLead:
    name = full_name(row[f"{one}_first"], row[f"{one}_last"]) or row[f"{one}_email"]
    return SuspectLead(
        id=row[f"{one}_id"],
        name=name,
        email=row[f"{one}_email"],
        company=row[f"{one}_company"],
        phone=row[f"{one}_phone"],
        stage=row[f"{one}_stage"],
    )


def _why(row: RowMapping) -> list[Likeness]:
    return [kind for kind in Likeness if row[kind.value]]
