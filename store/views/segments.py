"""Segments as people look at them. Times are journey time, UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, Row, text

from domain.segments.policy import Segment, SegmentsPolicy
from store.published.policies import PolicyMissing, policy

SIZES = 90
"""Days of which the size of a segment is told."""

_ROWS = text(
    """
    SELECT segment.name, leads, judged, unjudged, judged_at, begun_at, with_time,
        last_lead_id IS NOT NULL AS is_running, coalesce(counted.members, 0) AS members
    FROM segment LEFT JOIN (
        SELECT segment_id, count(*) AS members FROM segment_member
        WHERE cast(:name AS text) IS NULL
            OR segment_id = (SELECT id FROM segment WHERE name = :name)
        GROUP BY segment_id
    ) AS counted ON counted.segment_id = segment.id
    WHERE cast(:name AS text) IS NULL OR segment.name = :name
    """
)
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
        members: leads in it now.
        leads, judged: how many leads there were when the last judging of all began, and of how many
            it has been said so far.
        unjudged: of how many of those it could not be said; they are no members.
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
    first."""

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
    connection: Connection, *, after: str = "", limit: int | None = None
) -> list[SegmentLine]:
    """Segments by name, from the one after the name ``after``; ``limit`` None: all."""
    found = {row.name: row for row in connection.execute(_ROWS, {"name": None})}
    lines = [
        _line(one, found[one.name])
        for one in sorted(published_segments(connection), key=lambda one: one.name)
        if one.name > after and one.name in found
    ]
    return lines[:limit]


def segment_named(connection: Connection, name: str) -> SegmentDetail | None:
    """One segment, None when there is none of this name."""
    segment = next((one for one in published_segments(connection) if one.name == name), None)
    row = connection.execute(_ROWS, {"name": name}).first()
    if segment is None or row is None:
        return None
    sizes = connection.execute(_SIZES, {"name": name, "most": SIZES})
    return SegmentDetail(
        **vars(_line(segment, row)),
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


def _line(segment: Segment, row: Row[tuple[object, ...]]) -> SegmentLine:
    state: Literal["waiting", "judging", "ready"] = "ready"
    if row.judged_at is None:
        state = "judging" if row.is_running else "waiting"
    return SegmentLine(
        segment.name,
        segment.title,
        segment.description,
        state,
        row.members,
        row.leads,
        row.judged,
        row.unjudged,
        row.judged_at,
    )
