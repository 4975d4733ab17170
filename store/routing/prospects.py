"""Prospects: leads that sales calls of its own accord, before they have shown any interest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from domain.contracts.journey import ENDED, EventCode, Phase
from domain.contracts.journey_sales import OUTBOUND
from domain.email.addresses import address_key
from domain.names import id_named
from domain.refusals import Conflict
from domain.sentences import sentence
from store.identities.merged_leads import lead_at
from store.outbox.relay_messages import journey_start, post_all
from store.routing.routing import reassign


@dataclass(frozen=True)
class Prospected:
    """Which leads sales calls now, and why it does not call the others: as they were named, with
    a sentence."""

    queued: list[int] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def prospect(
    connection: Connection, leads: Sequence[str], now: datetime, *, owner: str = "", by: str = ""
) -> Prospected:
    """Have the journeys of leads begin with a follow-up by sales: no qualification, calls by the
    rules for outbound leads.

    Args:
        leads: ids (``42``, ``lead-42``) or e-mail addresses.
        now: journey time, UTC.
        owner: code of the rep who calls them; '' leaves it to routing.
        by: who chose them.

    Raises:
        Conflict: the rep cannot take so many leads.
    """
    found = {name: _found(connection, name) for name in dict.fromkeys(leads)}
    rows = _locked(connection, sorted({lead for lead in found.values() if lead}))
    refused, queued = [], []
    for name, lead_id in found.items():
        row = rows.get(lead_id) if lead_id else None
        if why := _reason_not_to(row):
            refused.append((name, why))
        elif row is not None and row.id not in queued:
            queued.append(row.id)
    if owner and queued:
        try:
            reassign(connection, queued, owner, by or owner, now)
        except Conflict as refusal:
            raise refusal.about("owner") from None
    post_all(
        connection,
        [
            journey_start(
                lead,
                Phase.FOLLOW_UP,
                {"reason": OUTBOUND, "stage": rows[lead].stage, "owner": owner},
                again=rows[lead].cycle + 1 if rows[lead].was_undone else 0,
            )
            for lead in queued
        ],
    )
    return Prospected(queued, refused)


def _found(connection: Connection, name: str) -> int | None:
    if number := id_named(name, "lead"):
        return number
    return lead_at(connection, address_key(name))


class _Lead(NamedTuple):
    """A lead that may become a prospect; ``is_about_to`` tells that its journey's start is on the
    way."""

    id: int
    phase: str
    phase_reason: str
    stage: str
    cycle: int
    is_about_to: bool

    @property
    def was_undone(self) -> bool:
        """Whether its only journey was an enrollment by hand that was undone: as if it had had
        none."""
        return (self.phase, self.phase_reason) == (ENDED, EventCode.UNENROLLED)


def _locked(connection: Connection, ids: Sequence[int]) -> dict[int, _Lead]:
    rows = connection.execute(
        text(
            "SELECT id, phase, phase_reason, stage, cycle, EXISTS (SELECT FROM relay_message "
            "WHERE key = CASE WHEN phase = :ended AND phase_reason = :undone "
            "THEN 'start-again:lead-' || lead.id || ':' || lead.cycle + 1 "
            "ELSE 'start:lead-' || lead.id END) AS is_about_to "
            "FROM lead WHERE id = ANY(:ids) ORDER BY id FOR UPDATE OF lead"
        ),
        {"ids": list(ids), "ended": ENDED, "undone": EventCode.UNENROLLED},
    )
    return {row.id: _Lead(*row) for row in rows}


def _reason_not_to(row: _Lead | None) -> str:
    if row is None:
        return sentence("There is no such lead; import it first, without starting its journey.")
    if row.phase == ENDED and not row.was_undone:
        return sentence("Its journey has ended: {reason}.", reason=row.phase_reason)
    if row.phase and not row.was_undone:
        return sentence(
            "It is in {phase} because of {reason}; move it to FollowUp to take it out of there.",
            phase=row.phase,
            reason=row.phase_reason,
        )
    if row.is_about_to:
        return sentence("Its journey is about to begin; look at the lead in a minute.")
    return ""
