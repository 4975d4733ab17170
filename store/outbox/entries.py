"""What has happened that has leads enter a cadence: written where it became true, and looked at by
a worker (:mod:`services.entries`). Segments, events and forms are written down by triggers of the
database (``store/migrations/first/entries.sql``)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, text


def record_entries(
    connection: Connection,
    lead_ids: Collection[int],
    cadence: str,
    *,
    way: str,
    at: datetime,
    what: str = "",
) -> None:
    """Have these leads enter a cadence, if they may.

    Args:
        way: of :class:`domain.cadences.triggers.Way`.
        at: when it happened, journey time, UTC.
        what: the form, say, that did it.
    """
    connection.execute(
        text(
            "INSERT INTO entry_due (cadence, way, what, lead_id, at) "
            "SELECT :cadence, :way, :what, id, :at FROM unnest(cast(:leads AS bigint[])) AS id"
        ),
        {"cadence": cadence, "way": way, "what": what, "leads": sorted(lead_ids), "at": at},
    )


def record_confirmed(connection: Connection, lead_ids: Collection[int], at: datetime) -> None:
    """Have these leads looked at again by what had them enter while their address was not
    confirmed; by a segment only those that are in it still.

    Args:
        at: when it was, journey time, UTC.
    """
    connection.execute(
        text(
            """
            INSERT INTO entry_due (cadence, trigger_id, way, what, lead_id, at)
            SELECT DISTINCT run.cadence, run.trigger_id, run.way, run.what, one.lead_id,
                cast(:at AS timestamptz)
            FROM enrollment_run_lead AS one JOIN enrollment_run AS run ON run.id = one.run_id
            WHERE one.lead_id = ANY(cast(:leads AS bigint[])) AND one.state = 'left_out'
                AND one.why = 'unconfirmed' AND run.way <> 'hand'
                AND (run.way <> 'segment' OR EXISTS (SELECT FROM segment_member AS member
                    JOIN segment ON segment.id = member.segment_id
                    WHERE segment.name = run.what AND member.lead_id = one.lead_id))
            ORDER BY one.lead_id
            """
        ),
        {"leads": sorted(lead_ids), "at": at},
    )
