"""Segments as people look at them. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, Row, text

from domain.segments.policy import Segment, SegmentsPolicy
from store.published.policies import PolicyMissing, policy
from store.segments.lead_facts import EVERYBODY, Scope, seen

SIZES = 90
"""Days of which the size of a segment is told."""

_ROWS = text(
    """
    SELECT id, name, leads, judged, unjudged, fails, judged_at, with_time, members,
        last_lead_id IS NOT NULL AS is_running
    FROM segment WHERE cast(:name AS text) IS NULL OR name = :name
    """
)
_MEMBERS_SEEN = """
    SELECT segment_id, count(*) AS members FROM segment_member
    WHERE {seen} AND (cast(:name AS text) IS NULL
        OR segment_id = (SELECT id FROM segment WHERE name = :name))
    GROUP BY segment_id
"""
_SIZES = text(
    """
    SELECT day, members FROM segment_size
    WHERE segment_id = (SELECT id FROM segment WHERE name = :name) ORDER BY day DESC LIMIT :most
    """
)
_LEADS = text(
    """
    SELECT lead.id, first_name, last_name, email, title, stage,
        coalesce(account.name, '') AS company
    FROM lead LEFT JOIN account ON account.id = account_id
    WHERE lead.id = ANY(cast(:ids AS bigint[])) ORDER BY lead.id
    """
)


@dataclass(frozen=True)
class SegmentLine:
    """A segment as a list shows it.

    Attributes:
        state: ``waiting`` or ``judging`` until all leads have been judged by its condition for the
            first time, then ``ready``.
        members: leads in it now, of those that whoever asks sees.
        leads, judged: how many leads there were when the last judging of all began, and of how many
            it has been said so far.
        unjudged: of how many of those it could not be said; they are no members.
        fails: whether the condition can't be asked at all, so that nobody is a member.
        judged_at: when all had been judged last.
    """

    name: str
    title: str
    description: str
    state: Literal["waiting", "judging", "ready"]
    members: int
    leads: int
    judged: int
    unjudged: int
    fails: bool
    judged_at: datetime | None


@dataclass(frozen=True)
class SegmentSizeLine:
    """How many members a segment had on a day (UTC)."""

    day: date
    members: int


@dataclass(frozen=True)
class SegmentDetail(SegmentLine):
    """One segment; ``with_time`` is whether its members change though nothing happens: all are
    judged again each hour. ``sizes`` are of the last days on which it was counted, the newest
    first; none for who sees the leads of one team."""

    when: str
    with_time: bool
    sizes: Sequence[SegmentSizeLine]


@dataclass(frozen=True)
class SampledLead:
    """A lead for which a condition holds."""

    id: int
    first_name: str
    last_name: str
    email: str
    title: str
    stage: str
    company: str


def published_segments(connection: Connection) -> Sequence[Segment]:
    """The segments of the policy in force, in its order; none before it is published."""
    try:
        return policy(connection, SegmentsPolicy).segments
    except PolicyMissing:
        return ()


def list_segments(
    connection: Connection,
    *,
    after: str = "",
    limit: int | None = None,
    team: str | None = None,
    customers: bool = False,
) -> list[SegmentLine]:
    """Segments by name, from the one after the name ``after``; ``limit`` None: all. Members are
    those of a team, with ``customers`` also the customers of all; ``team`` None: everybody."""
    found = {row.name: row for row in connection.execute(_ROWS, {"name": None})}
    members = _members_seen(connection, None, seen(team, customers=customers))
    lines = [
        _line(one, found[one.name], members)
        for one in sorted(published_segments(connection), key=lambda one: one.name)
        if one.name > after and one.name in found
    ]
    return lines[:limit]


def segment_named(
    connection: Connection, name: str, *, team: str | None = None, customers: bool = False
) -> SegmentDetail | None:
    """One segment as :func:`list_segments` counts it, None when there is none of this name."""
    segment = next((one for one in published_segments(connection) if one.name == name), None)
    row = connection.execute(_ROWS, {"name": name}).first()
    if segment is None or row is None:
        return None
    members = _members_seen(connection, name, seen(team, customers=customers))
    sizes = connection.execute(_SIZES, {"name": name, "most": SIZES}) if team is None else ()
    return SegmentDetail(
        **vars(_line(segment, row, members)),
        when=segment.when,
        with_time=row.with_time,
        sizes=[SegmentSizeLine(**size._mapping) for size in sizes],
    )


def segment_titles(connection: Connection) -> Mapping[str, str]:
    """Name → title of the segments there are, in the order of the policy."""
    return {one.name: one.title for one in published_segments(connection)}


def segments_of(connection: Connection, lead_id: int) -> Mapping[str, datetime]:
    """Name of each segment that a lead is in → since when."""
    rows = connection.execute(
        text(
            "SELECT name, since FROM segment_member JOIN segment ON segment.id = segment_id "
            "WHERE lead_id = :lead ORDER BY name"
        ),
        {"lead": lead_id},
    )
    return {row.name: row.since for row in rows}


def sampled_leads(connection: Connection, ids: Sequence[int]) -> list[SampledLead]:
    """These leads, by id."""
    rows = connection.execute(_LEADS, {"ids": list(ids)})
    return [SampledLead(**row._mapping) for row in rows]


def _members_seen(
    connection: Connection, name: str | None, among: Scope
) -> Mapping[int, int] | None:
    """Id of a segment → its members of these leads; None for all leads, which the segments have
    themselves."""
    if among == EVERYBODY:
        return None
    counted = text(_MEMBERS_SEEN.format(seen=among.of("lead_id")))
    rows = connection.execute(counted, {**among.values, "name": name})
    return {row.segment_id: row.members for row in rows}


def _line(
    segment: Segment, row: Row[tuple[object, ...]], members: Mapping[int, int] | None
) -> SegmentLine:
    state: Literal["waiting", "judging", "ready"] = "ready"
    if row.judged_at is None:
        state = "judging" if row.is_running else "waiting"
    return SegmentLine(
        segment.name,
        segment.title,
        segment.description,
        state,
        row.members if members is None else members.get(row.id, 0),
        row.leads,
        row.judged,
        row.unjudged,
        row.fails,
        row.judged_at,
    )
