"""Making two leads that are one person one lead, and taking that back.

One journey per person stays the law: the lead whose journey is further goes on, the other one's
ends. All that names the other lead names this one from then on, and what both said against mail
holds for the one. Nothing is sent twice: what the other's journey had planned is not sent, what it
had in hand is its own row of the ledger still. Times are journey time, UTC.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from domain.contacts.merging import (
    UNDO_WITHIN,
    fields_of,
    from_other,
    how_far,
    merged_values,
    with_attributes,
)
from domain.contracts.journey import ENDED, IN_SALES, EventCode, JourneyEvent, Phase
from domain.refusals import Conflict, Invalid, Missing
from domain.sentences import sentence
from store.consent.consent import lock_address
from store.consent.consent import suppress as suppress_address
from store.identities.places import plan_anew_for
from store.matching import merged_journeys
from store.matching.moving import (
    MovedRows,
    Place,
    counted,
    move,
    move_back,
    places,
    restore,
    row_of,
)
from store.outbox.outgoing import announce
from store.outbox.relay_messages import notify_journey, start_again
from store.published.policies import PolicyMissing
from store.scoring.scoring import recount, refresh_fit
from store.tables import Lead, LeadMerge

MOST_ROWS = 20_000
"""So much may be known of the lead that goes away; more would hold others up for too long."""
OF_PERSON = ("manual", "unsubscribed", "complained")
"""Reasons why mail stops that a person gave; the others are those of one address."""
MERGE_UNDONE = "merge_undone"
"""Why the journey of a lead begins that was merged away, and is not any more."""

_KNOWN_BY_TOO = text(
    """
    INSERT INTO lead_contact (lead_id, kind, value, value_key, by, at)
    VALUES (:lead, 'email', :address, :address, :by, :now)
    ON CONFLICT (value_key) WHERE kind = 'email' DO UPDATE SET lead_id = excluded.lead_id
    """
)


@dataclass(frozen=True)
class TwoLeads:
    """Two rows of ``lead`` as JSON, and which goes on."""

    kept: dict[str, Any]
    other: dict[str, Any]

    def chosen(self, choices: dict[str, int]) -> set[str]:
        """The fields of which the other lead's value wins: those that were chosen, and of the rest
        those that only the other one has.

        Raises:
            Invalid: a field is none in which they differ, or a value that of a third lead.
        """
        differ = fields_of(self.kept, self.other)
        for name, lead_id in choices.items():
            if name not in differ:
                raise Invalid(
                    sentence(
                        "The two leads don't differ in '{field}': choose among {fields}.",
                        field=name,
                        fields=differ,
                    ),
                    "values",
                )
            if lead_id not in (self.kept["id"], self.other["id"]):
                raise Invalid(
                    sentence(
                        "lead-{lead} is none of the two: choose lead-{kept} or lead-{other}.",
                        lead=lead_id,
                        kept=self.kept["id"],
                        other=self.other["id"],
                    ),
                    "values",
                )
        own, their = with_attributes(self.kept), with_attributes(self.other)
        return {
            name
            for name in differ
            if choices.get(name, 0) == self.other["id"]
            or (name not in choices and from_other(own, their, name))
        }


def two_leads(connection: Connection, lead_id: int, other_id: int) -> TwoLeads:
    """Two leads that may be merged.

    Raises:
        Conflict: they are one.
        Missing: one of them is none, or nobody's any more.
    """
    if lead_id == other_id:
        raise Conflict(sentence("lead-{lead} can't be merged with itself.", lead=lead_id), "other")
    found = []
    for one in (lead_id, other_id):
        row = row_of(connection, "lead", "id = :lead AND phase_reason <> 'erased'", one)
        if row is None:
            raise Missing(sentence("There is no lead {lead}.", lead=one))
        found.append(row)
    return TwoLeads(*found)


def further(connection: Connection, two: TwoLeads) -> int:
    """The id of the one whose journey is further and goes on; of equals the older lead."""
    ranked = sorted(
        (-how_far(lead["phase"], begins=merged_journeys.begins(connection, lead["id"])), lead["id"])
        for lead in (two.kept, two.other)
    )
    return int(ranked[0][1])


def why_not(connection: Connection, two: TwoLeads, rows: int) -> str:
    """Why the other lead can't go into the kept one as things stand; '' when it can.

    Args:
        rows: how much is known of the other.
    """
    kept, other = two.kept, two.other
    if rows > MOST_ROWS:
        return sentence(
            "{rows:,} rows name lead-{other}, more than the {most:,} that a merge moves at once: "
            "keep that one.",
            rows=rows,
            other=other["id"],
            most=MOST_ROWS,
        )
    begins = merged_journeys.begins
    far, far_other = (
        how_far(lead["phase"], begins=begins(connection, lead["id"])) for lead in (kept, other)
    )
    if far_other > far:
        return sentence(
            "The journey of lead-{other} is further than that of lead-{kept}, and one goes on: "
            "keep lead-{other}. You can still choose each value.",
            kept=kept["id"],
            other=other["id"],
        )
    if merged_journeys.is_being_told(connection, other["id"]):
        return sentence(
            "Somebody has just answered a task of lead-{other}: merge in a few seconds.",
            other=other["id"],
        )
    return ""


def merge(
    connection: Connection,
    lead_id: int,
    other_id: int,
    choices: dict[str, int],
    *,
    by: str,
    now: datetime,
) -> int:
    """Make ``other_id`` a part of ``lead_id``; the relay then ends its journey.

    Args:
        choices: field → id of the lead whose value wins; the kept lead's does where it has one.
        by: who says so.
        now: journey time, UTC.

    Returns:
        The id of the merge.

    Raises:
        Missing, Invalid
        Conflict: it is not possible as things stand.
    """
    _lock(connection, lead_id, other_id)
    two = two_leads(connection, lead_id, other_id)
    if refused := why_not(connection, two, sum(counted(connection, other_id).values())):
        raise Conflict(refused, "other")
    values = merged_values(two.kept, two.other, two.chosen(choices))
    if not two.kept["owner"] and two.kept["phase"] not in IN_SALES:
        values["owner"] = two.other["owner"]
    left = merged_journeys.unfinished(connection, other_id)
    merged_journeys.stop(connection, other_id, lead_id, now)
    merged_journeys.stand_beside(connection, left.opportunities)
    moved = {str(place): asdict(move(connection, place, other_id, lead_id)) for place in places()}
    connection.execute(text("DELETE FROM not_duplicate WHERE lead_id = other_id"))
    confirmations = _confirmations(connection, two)
    connection.execute(text("DELETE FROM confirmation WHERE lead_id = :other"), {"other": other_id})
    connection.execute(text("DELETE FROM lead WHERE id = :other"), {"other": other_id})
    connection.execute(
        update(Lead).where(Lead.id == lead_id).values(**values, updated_at=func.now())
    )
    own, gone = two.kept["email_key"], two.other["email_key"]
    if "email" in values:
        own, gone = gone, own
        connection.execute(
            text("DELETE FROM confirmation WHERE lead_id = :lead"), {"lead": lead_id}
        )
        rows = [{**row, "lead_id": lead_id} for row in confirmations if row["lead_id"] == other_id]
        restore(connection, "confirmation", rows)
    connection.execute(_KNOWN_BY_TOO, {"lead": lead_id, "address": gone, "by": by, "now": now})
    before = {
        "kept": two.kept,
        "other": two.other,
        "made": values,
        "moved": {place: rows for place, rows in moved.items() if rows["moved"] or rows["left"]},
        "confirmations": confirmations,
        "unfinished": asdict(left),
    }
    merge_id: int = connection.execute(
        insert(LeadMerge)
        .values(lead_id=lead_id, into_id=lead_id, merged_id=other_id, at=now, by=by, before=before)
        .returning(LeadMerge.id)
    ).scalar_one()
    if _stricter_consent(connection, own, gone, now):
        notify_journey(
            connection,
            lead_id,
            key=f"merge-{merge_id}:unsubscribed",
            signal="engagement",
            event=JourneyEvent(EventCode.UNSUBSCRIBED),
        )
    merged_journeys.tell(connection, merge_id, other_id)
    announce(connection, "lead.merged", merge_id)
    if {"time_zone", "country"} & values.keys():
        plan_anew_for(connection, [lead_id])
    _count_anew(connection, [lead_id], now)
    return merge_id


def undo(connection: Connection, merge_id: int, *, by: str, now: datetime) -> int:
    """Have two leads again where a merge made one; the id of the one that is back.

    What it brought is its own again, with what came by its mails and its address since; values of
    the other lead become what they were, unless somebody changed them since. What stops mail stays,
    for both. Its journey begins anew: with sales where sales had it, else in recycle, so that
    nothing is sent twice.

    Args:
        by: who says so.
        now: journey time, UTC.

    Raises:
        Missing: there is no such merge.
        Conflict: it is undone, too old, or something that happened since makes it impossible.
    """
    row = connection.execute(
        select(LeadMerge).where(LeadMerge.id == merge_id).with_for_update()
    ).first()
    if row is None:
        raise Missing(sentence("There is no merge {merge}.", merge=merge_id))
    if refused := _why_not_undone(connection, row, now):
        raise Conflict(refused)
    kept, other, made = row.before["kept"], row.before["other"], row.before["made"]
    lead_id, back = int(row.into_id), int(row.merged_id)
    _lock(connection, lead_id)
    current = row_of(connection, "lead", "id = :lead", lead_id) or {}
    as_before = {name: kept[name] for name, value in made.items() if current.get(name) == value}
    connection.execute(
        text("DELETE FROM lead_contact WHERE kind = 'email' AND value_key = ANY(:keys)"),
        {"keys": [kept["email_key"], other["email_key"]]},
    )
    if as_before:
        connection.execute(update(Lead).where(Lead.id == lead_id).values(**as_before))
    phase = _phase_to_begin(other["phase"])
    began = other["phase"] not in ("", ENDED)
    restore(
        connection,
        "lead",
        [
            {**other, "phase": ENDED, "phase_reason": MERGE_UNDONE, "phase_since": now.isoformat()}
            if began
            else other
        ],
    )
    for name, rows in row.before["moved"].items():
        place = Place(*name.split("."))
        move_back(connection, place, MovedRows(**rows), lead_id, back)
    _give_back_what_came(connection, lead_id, back, other["email_key"], row.at)
    if "email" in as_before:
        connection.execute(
            text("DELETE FROM confirmation WHERE lead_id = :lead"), {"lead": lead_id}
        )
    restore(connection, "confirmation", row.before["confirmations"])
    connection.execute(
        update(LeadMerge)
        .where(LeadMerge.id == merge_id)
        .values(undone_at=now, undone_by=by, workflows_ended_at=None)
    )
    merged_journeys.tell(connection, merge_id, back, undone=True)
    announce(connection, "lead.merge_undone", merge_id)
    if phase is not None:
        start_again(connection, back, phase=phase, cycle=other["cycle"] + 1, reason=MERGE_UNDONE)
    _count_anew(connection, [lead_id, back], now)
    return back


def _why_not_undone(connection: Connection, row: Any, now: datetime) -> str:
    if row.undone_at is not None:
        return sentence("This merge was undone already.")
    if not row.before:
        return sentence("The person was erased: there is nothing left to restore.")
    if now > row.at + UNDO_WITHIN:
        return sentence(
            "A merge can be undone for {days} days; this one is older.", days=UNDO_WITHIN.days
        )
    if row.lead_id != row.into_id:
        return sentence(
            "lead-{lead} was itself merged into lead-{into} since: undo that first.",
            lead=row.into_id,
            into=row.lead_id,
        )
    if row.workflows_ended_at is None:
        return sentence(
            "The merge is still under way, its journey is being ended: try again in a minute."
        )
    later = connection.scalar(
        select(func.min(LeadMerge.id)).where(
            LeadMerge.lead_id == row.lead_id, LeadMerge.id > row.id, LeadMerge.undone_at.is_(None)
        )
    )
    if later is not None:
        return sentence(
            "Another lead was merged into lead-{lead} since: undo that first.", lead=row.lead_id
        )
    return _decided_since(connection, row)


def _decided_since(connection: Connection, row: Any) -> str:
    left = row.before["unfinished"]
    closed = connection.scalar(
        text("SELECT min(id) FROM opportunity WHERE id = ANY(:ids) AND outcome <> ''"),
        {"ids": left["opportunities"]},
    )
    if closed is not None:
        return sentence(
            "Opportunity {opportunity}, which came along, was closed since: whose it is can't be "
            "taken back.",
            opportunity=closed,
        )
    met = connection.scalar(
        text("SELECT min(id) FROM meeting WHERE id = ANY(:ids) AND state IN ('held', 'no_show')"),
        {"ids": left["meetings"]},
    )
    if met is not None:
        return sentence(
            "The appointment that came along has taken place since: whose it is can't be taken "
            "back."
        )
    return ""


def _phase_to_begin(phase: str) -> Phase | None:
    """Where the journey of a lead begins anew that was in this phase; None for nowhere. A customer
    would be welcomed again."""
    if phase in IN_SALES:
        return Phase.FOLLOW_UP
    return Phase.RECYCLE if phase in (Phase.NURTURE, Phase.RECYCLE) else None


def _lock(connection: Connection, *lead_ids: int) -> None:
    """In the order in which others lock these; nobody finds a visitor's lead meanwhile."""
    ids = {"ids": sorted(lead_ids)}
    keys = connection.scalars(
        text("SELECT email_key FROM lead WHERE id = ANY(:ids) ORDER BY email_key"), ids
    ).all()
    for key in keys:
        lock_address(connection, key)
    for lock in (
        "SELECT pg_advisory_xact_lock(hashtext('visitors'))",
        "SELECT FROM task WHERE lead_id = ANY(:ids) ORDER BY id FOR UPDATE",
        "SELECT FROM lead WHERE id = ANY(:ids) ORDER BY id FOR UPDATE",
    ):
        connection.execute(text(lock), ids if ":ids" in lock else {})


def _confirmations(connection: Connection, two: TwoLeads) -> list[dict[str, Any]]:
    rows = [
        row_of(connection, "confirmation", "lead_id = :lead", one["id"])
        for one in (two.kept, two.other)
    ]
    return [row for row in rows if row is not None]


def _stricter_consent(connection: Connection, own: str, gone: str, now: datetime) -> bool:
    """What either address was said to get no mail for holds for both; whether it is news of the
    lead's ``own``."""
    refusals = connection.execute(
        text(
            "SELECT email_key, reason FROM suppression WHERE email_key IN (:own, :gone) "
            "AND reason = ANY(:reasons)"
        ),
        {"own": own, "gone": gone, "reasons": list(OF_PERSON)},
    ).all()
    is_news = bool(refusals) and own not in {one.email_key for one in refusals}
    for one in refusals:
        suppress_address(connection, email_key=own, reason=one.reason, at=now)
    connection.execute(
        text(
            "INSERT INTO topic_opt_out (email_key, topic, at) SELECT one.email_key, topic, at "
            "FROM topic_opt_out CROSS JOIN (VALUES (:own), (:gone)) AS one (email_key) "
            "WHERE topic_opt_out.email_key IN (:own, :gone) ON CONFLICT DO NOTHING"
        ),
        {"own": own, "gone": gone},
    )
    return is_news


def _give_back_what_came(
    connection: Connection, lead_id: int, back: int, email_key: str, since: datetime
) -> None:
    """What came since by the mails and from the address of the lead that is back is its own."""
    values = {"lead": lead_id, "back": back, "key": email_key, "since": since}
    for statement in (
        "UPDATE engagement SET lead_id = :back WHERE lead_id = :lead AND touch_id IN "
        "(SELECT id FROM touch WHERE lead_id = :back)",
        "UPDATE inbound_message SET lead_id = :back WHERE lead_id = :lead "
        "AND sender_key = :key AND received_at >= :since",
        "UPDATE engagement SET lead_id = :back WHERE lead_id = :lead AND key IN (SELECT 'inbound:' "
        "|| message_id FROM inbound_message WHERE lead_id = :back AND received_at >= :since)",
    ):
        connection.execute(text(statement), values)


def _count_anew(connection: Connection, lead_ids: Collection[int], now: datetime) -> None:
    with suppress(PolicyMissing):  # Publishing the first rules counts everybody.
        recount(connection, lead_ids, now)
        refresh_fit(connection, lead_ids, now)
