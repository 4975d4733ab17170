"""Refusals of mail that tracking tells of: the address is suppressed, its lead's journey hears."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.identities import BatchLead, TrackingCall
from store.consent.consent import opt_out
from store.identities.identified_leads import lead_ids_of
from store.scoring.engagement import LeadActivity


@dataclass(frozen=True)
class ReportedRefusal:
    """Somebody wants no mail; ``at`` is when it was said, journey time, UTC."""

    at: datetime
    evidence: str


@dataclass(frozen=True)
class RecordedRefusal:
    """Where a refusal is on record."""

    id: int
    at: datetime


def reported_refusals(
    connection: Connection, messages: Iterable[TrackingCall], leads: Iterable[BatchLead]
) -> dict[str, ReportedRefusal]:
    """What a batch says, by ``email_key``: of its leads, and of addresses by themselves."""
    found = [
        (lead.email_key, lead.id, fact)
        for lead in leads
        if (fact := lead.facts.get("refusal")) is not None
    ]
    found += [
        (one.facts["email_key"], 0, one.facts["refusal"]) for one in messages if not one.known_by()
    ]
    keys = _keys_of_leads(connection, [lead_id for key, lead_id, _ in found if not key])
    refusals: dict[str, ReportedRefusal] = {}
    for key, lead_id, fact in found:
        told = ReportedRefusal(datetime.fromisoformat(fact["at"]), fact["evidence"])
        address = key or keys[lead_id]
        if address not in refusals or refusals[address].at < told.at:
            refusals[address] = told
    return refusals


def refuse(
    connection: Connection, refusals: Mapping[str, ReportedRefusal]
) -> dict[str, RecordedRefusal]:
    """Suppress these addresses, before leads are locked; a yes that was said later stands.

    Returns:
        By address, those that are news.
    """
    if not refusals:
        return {}
    later_yes = connection.execute(
        text(
            "SELECT email_key, max(at) AS at FROM consent_record WHERE topic = '' "
            "AND action = 'opt_in' AND email_key = ANY(cast(:keys AS text[])) GROUP BY email_key"
        ),
        {"keys": list(refusals)},
    )
    yes = {row.email_key: row.at for row in later_yes}
    records: dict[str, RecordedRefusal] = {}
    for address, told in sorted(refusals.items()):
        if address in yes and yes[address] >= told.at:
            continue
        record = opt_out(
            connection,
            email_key=address,
            at=told.at,
            source="tracking",
            evidence=told.evidence,
        )
        if record is not None:
            records[address] = RecordedRefusal(record, told.at)
    return records


def unsubscriptions(
    connection: Connection, records: Mapping[str, RecordedRefusal]
) -> list[LeadActivity]:
    """What the leads of these addresses did by it: their journeys end."""
    return [
        LeadActivity(
            f"unsubscribe:record:{records[address].id}",
            "unsubscribe",
            records[address].at,
            lead_id=lead_id,
        )
        for address, lead_id in lead_ids_of(connection, list(records)).items()
    ]


def _keys_of_leads(connection: Connection, lead_ids: list[int]) -> dict[int, str]:
    if not lead_ids:
        return {}
    rows = connection.execute(
        text("SELECT id, email_key FROM lead WHERE id = ANY(cast(:ids AS bigint[]))"),
        {"ids": lead_ids},
    )
    return {row.id: row.email_key for row in rows}
