"""Why a lead is with whom it is: each time it changed hands, and what that was decided by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.sales.assignments import AssignmentFacts, facts_of, why
from domain.sentences import Sentence
from store.routing.presence import names_of_people
from store.routing.roster import ACCOUNT_OWNER


@dataclass(frozen=True)
class AssignmentLine:
    """A time at which a lead changed hands (``at``, journey time, UTC). People by their codes;
    ``owner`` is '' for the unassigned queue."""

    id: int
    lead_id: int
    at: datetime
    owner: str
    previous: str
    cause: str
    """routed, unassigned, reassigned, absence, sla, cover."""
    rule: str
    """The routing rule that fitted, or 'account owner'."""
    by: str
    facts: AssignmentFacts
    turn_back: str
    """Why the rep got the turn back: no_show, returned; '' while it counts."""
    why: tuple[Sentence, ...]
    """The same in sentences, with people's names."""


_ASSIGNMENTS = text(
    """
    SELECT id, lead_id, at, owner, previous, cause, rule, by, facts, turn_back FROM assignment
    WHERE lead_id = :lead AND (cast(:before AS bigint) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :limit
    """
)


def assignments_of(
    connection: Connection,
    lead_id: int,
    *,
    after: Sequence[object] | None = None,
    limit: int | None = None,
) -> list[AssignmentLine]:
    """Each time the lead changed hands, the newest first.

    Args:
        after: only those before the one with this ``id``.
        limit: how many at most; None for all.
    """
    before = after[0] if after else None
    rows = connection.execute(
        _ASSIGNMENTS, {"lead": lead_id, "before": before, "limit": limit}
    ).all()
    names = names_of_people(connection) if rows else {}
    return [_line(row, names) for row in rows]


def _line(row: Row[Any], names: Mapping[str, str]) -> AssignmentLine:
    values = row._asdict() | {"facts": facts_of(row.facts)}
    decided = ("cause", "rule", "owner", "previous", "by", "facts", "turn_back")
    said = why(
        **{name: values[name] for name in decided},
        account_owner=ACCOUNT_OWNER,
        name=lambda code: names.get(code, code),
    )
    return AssignmentLine(**values, why=tuple(said))
