"""What has leads enter cadences by themselves, as it was published last. Times are journey time,
UTC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, text

from domain.authoring.yaml_source import SourceProblem, read
from domain.cadences.cadence import Cadence
from domain.cadences.triggers import DateTrigger, TriggerParts, Way, parts_of
from domain.contacts.dates import read_day
from store.segments.membership import wait_for_judging

VALUES = 200
"""Values of an attribute that are looked at, whether they are dates."""

_VALUES = text(
    "SELECT attributes->>:what FROM lead "
    "WHERE jsonb_exists(attributes, :what) AND attributes->>:what <> '' LIMIT :most"
)
_SAME = (
    "(one.way, one.what, one.condition, one.days, one.those_in_it) "
    "= (said.way, said.what, said.condition, said.days, said.those_in_it)"
)
_SAID = """unnest(cast(:way AS text[]), cast(:what AS text[]), cast(:condition AS text[]),
    cast(:days AS integer[]), cast(:those_in_it AS boolean[]))
    AS said (way, what, condition, days, those_in_it)"""
_CHANGED = text(
    f"""
    WITH old AS (
        SELECT way, what, min(id) AS id, bool_or(those_in_it) AS those_in_it
        FROM cadence_trigger AS one
        WHERE cadence = :cadence AND NOT EXISTS (SELECT FROM {_SAID} WHERE {_SAME})
        GROUP BY way, what HAVING count(*) = 1
    ),
    new AS (
        SELECT way, what, min(condition) AS condition, min(days) AS days,
            bool_or(those_in_it) AS those_in_it
        FROM {_SAID}
        WHERE NOT EXISTS (SELECT FROM cadence_trigger AS one
            WHERE one.cadence = :cadence AND {_SAME})
        GROUP BY way, what HAVING count(*) = 1
    )
    UPDATE cadence_trigger AS one
    SET condition = new.condition, days = new.days, those_in_it = new.those_in_it
    FROM old JOIN new USING (way, what) WHERE one.id = old.id
    RETURNING one.id, new.those_in_it AND NOT old.those_in_it AS those_in_it
    """
)
"""What is said otherwise than before stays what it was: who waits by it has a turn, and whose date
counted counts no more. Of several that differ only in how they are said nobody can tell."""
_GONE = text(
    f"""
    DELETE FROM cadence_trigger AS one WHERE cadence = :cadence
        AND NOT EXISTS (SELECT FROM {_SAID} WHERE {_SAME})
    """
)
_NEW = text(
    f"""
    INSERT INTO cadence_trigger (cadence, way, what, condition, days, those_in_it, since)
    SELECT :cadence, said.*, :now FROM {_SAID}
    WHERE NOT EXISTS (SELECT FROM cadence_trigger AS one WHERE one.cadence = :cadence AND {_SAME})
    ON CONFLICT DO NOTHING RETURNING id, those_in_it
    """
)
_THOSE_IN_IT = text(
    """
    INSERT INTO entry_due (cadence, trigger_id, way, what, lead_id, at)
    SELECT one.cadence, one.id, one.way, one.what, lead.id, :now FROM cadence_trigger AS one
    JOIN segment ON segment.name = one.what
    JOIN segment_member AS member ON member.segment_id = segment.id
    JOIN lead ON lead.id = member.lead_id
    WHERE one.id = ANY(cast(:triggers AS bigint[]))
    ORDER BY lead.id
    """
)


def publish_triggers(connection: Connection, cadence: Cadence, now: datetime) -> None:
    """Have what a cadence says hold from now on. What it said before and says still goes on as it
    did."""
    each = [parts_of(one) for one in cadence.enter_when]
    if any(one.way == Way.SEGMENT for one in each):
        # Who is found while this is not committed would neither be in the segment nor join it.
        wait_for_judging(connection)
    values = {"cadence": cadence.name, "now": now, **_columns(each)}
    new = [*connection.execute(_CHANGED, values)]
    connection.execute(_GONE, values)
    new += connection.execute(_NEW, values)
    if entering := [one.id for one in new if one.those_in_it]:
        connection.execute(_THOSE_IN_IT, {"triggers": entering, "now": now})


def not_dates(
    connection: Connection, cadences: Mapping[str, tuple[str, Cadence]]
) -> Iterator[SourceProblem]:
    """Attributes by whose date leads enter, and that hold none: nobody would ever.

    Args:
        cadences: file → text and what it says.
    """
    for file, (source, cadence) in cadences.items():
        for number, trigger in enumerate(cadence.enter_when):
            if not isinstance(trigger, DateTrigger):
                continue
            values = connection.scalars(_VALUES, {"what": trigger.date, "most": VALUES}).all()
            if values and not any(read_day(one) for one in values):
                yield read(source, file).problem(
                    ("enter_when", number, "date"),
                    f"the attribute '{trigger.date}' of leads holds no dates. Choose one that has "
                    "days, such as 2027-06-30",
                )


def _columns(each: Sequence[TriggerParts]) -> dict[str, list[object]]:
    rows = [asdict(one) for one in each]
    names = ("way", "what", "condition", "days", "those_in_it")
    return {name: [row[name] for row in rows] for name in names}
