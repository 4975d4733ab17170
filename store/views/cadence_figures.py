"""How many leads are where in the cadences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from domain.contracts.journey import EventCode

_COUNTS = text(
    """
    SELECT cadence_version.name, count(*) AS entered,
        count(*) FILTER (WHERE ended_at IS NULL) AS leads,
        count(*) FILTER (WHERE exit_reason = 'replied') AS replied,
        count(*) FILTER (WHERE exit_reason = 'booked') AS booked,
        count(*) FILTER (WHERE exit_reason = 'score_reached') AS ready
    FROM enrollment JOIN cadence_version ON cadence_version.id = cadence_version_id
    WHERE exit_reason <> :undone
    GROUP BY cadence_version.name
    """
)
_ON_ALL_STEPS = text(
    """
    SELECT cadence_version.name, step, count(*) AS leads
    FROM enrollment JOIN cadence_version ON cadence_version.id = cadence_version_id
    WHERE ended_at IS NULL
    GROUP BY cadence_version.name, step ORDER BY leads DESC, step
    """
)
_ON_STEPS = text(
    """
    SELECT step, version, count(*) AS leads
    FROM enrollment JOIN cadence_version ON cadence_version.id = cadence_version_id
    WHERE cadence_version.name = :name AND ended_at IS NULL
    GROUP BY step, version
    """
)
_ENTRIES = text(
    """
    SELECT run.way, run.what, one.why,
        count(*) FILTER (WHERE one.state IN ('entered', 'undoing', 'undone')) AS entered,
        count(*) FILTER (WHERE one.state IN ('waiting', 'told')) AS to_come,
        count(*) FILTER (WHERE one.state = 'left_out') AS stay_out
    FROM enrollment_run AS run JOIN enrollment_run_lead AS one ON one.run_id = run.id
    WHERE run.cadence = :cadence AND run.at >= :since
    GROUP BY run.way, run.what, one.why
    """
)


@dataclass(frozen=True)
class CadenceEntries:
    """Leads that one way had enter a cadence, by hand or by itself
    (:class:`domain.cadences.triggers.Way`), and those that stayed out by reason
    (:class:`domain.cadences.entry.WhyNot`), the commonest first."""

    way: str
    what: str
    entered: int
    to_come: int
    stay_out: Mapping[str, int]


@dataclass(frozen=True)
class CadenceCounts:
    """Leads of a cadence, all versions together: in it now, that ever entered (and were not taken
    back), and that left it because they replied, booked, or were ready for sales. ``steps`` says
    before which step how many of those in it are, the most first."""

    entered: int = 0
    leads: int = 0
    replied: int = 0
    booked: int = 0
    ready: int = 0
    steps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CadenceStanding:
    """Leads that are in a cadence now: by the step that comes next, and by version."""

    steps: Mapping[str, int]
    versions: Mapping[int, int]

    @property
    def leads(self) -> int:
        """All of them."""
        return sum(self.versions.values())


def cadence_counts(connection: Connection) -> dict[str, CadenceCounts]:
    """Cadence → its counts; without those that no lead ever entered."""
    steps: dict[str, dict[str, int]] = {}
    for row in connection.execute(_ON_ALL_STEPS):
        steps.setdefault(row.name, {})[row.step] = row.leads
    rows = connection.execute(_COUNTS, {"undone": EventCode.UNENROLLED}).mappings()
    return {
        row["name"]: CadenceCounts(
            **{k: row[k] for k in row if k != "name"}, steps=steps.get(row["name"], {})
        )
        for row in rows
    }


def leads_on_steps(connection: Connection, name: str) -> CadenceStanding:
    """Where the leads are that are in a cadence now, whatever its version."""
    steps: dict[str, int] = {}
    versions: dict[int, int] = {}
    for row in connection.execute(_ON_STEPS, {"name": name}):
        steps[row.step] = steps.get(row.step, 0) + row.leads
        versions[row.version] = versions.get(row.version, 0) + row.leads
    return CadenceStanding(steps, versions)


def cadence_entries(connection: Connection, cadence: str, since: datetime) -> list[CadenceEntries]:
    """Who came into a cadence by which way, and who stayed out.

    Args:
        since: journey time, UTC.
    """
    found: dict[tuple[str, str], CadenceEntries] = {}
    rows = connection.execute(_ENTRIES, {"cadence": cadence, "since": since})
    for row in sorted(rows, key=lambda one: (one.way, one.what, -one.stay_out, one.why)):
        known = found.get((row.way, row.what), CadenceEntries(row.way, row.what, 0, 0, {}))
        found[row.way, row.what] = CadenceEntries(
            row.way,
            row.what,
            known.entered + row.entered,
            known.to_come + row.to_come,
            {**known.stay_out, **({row.why: row.stay_out} if row.stay_out else {})},
        )
    return list(found.values())
