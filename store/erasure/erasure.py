"""Erasing a person (GDPR, article 17): from all tables in one transaction, and for good.

The relay then ends what runs in Temporal, and clears away what an activity still wrote meanwhile.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Container
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, text, update

from domain.contracts.journey import ENDED, journey_id, opportunity_workflow_id
from domain.email.addresses import address_key
from domain.refusals import Conflict, Missing
from domain.sentences import sentence
from store.consent.consent import lock_address
from store.erasure.erasure_plan import PLAN, Erase
from store.outbox.outgoing import announce
from store.outbox.relay_messages import post
from store.tables import (
    ConsentRecord,
    Erasure,
    Lead,
    LeadContact,
    Opportunity,
    RelayMessage,
    StageTransition,
)

ERASED = "erased"
"""Reason of the last move of an erased lead."""
ACTIVITIES_ARE_OVER = timedelta(minutes=15)
"""How long after the end of a journey an activity of it may still write something (real time)."""

_SETTLED = "(touch.state NOT IN ('claimed', 'sending') OR :last)"
_LOCKS = (
    "SELECT pg_advisory_xact_lock(hashtext('visitors'))",
    "SELECT FROM pending_disposition WHERE task_id IN (SELECT id FROM task WHERE lead_id = :lead) "
    "ORDER BY task_id FOR UPDATE",
    "SELECT FROM task WHERE lead_id = :lead ORDER BY id FOR UPDATE",
    "SELECT FROM lead WHERE id = :lead FOR UPDATE",
)


@dataclass(frozen=True)
class ErasureReceipt:
    """An erasure: when (journey time, UTC), by whom, why, and how many rows of which table."""

    id: int
    at: datetime
    by: str
    reason: str
    counts: dict[str, int]


def known_of(connection: Connection, lead_id: int) -> dict[str, int]:
    """Table → rows that are about this lead and would be erased; without those that have none."""
    values = _values(connection, lead_id)
    counts = {}
    for step in PLAN:
        # A lock is no part of counting.
        whose = step.whose.replace(" FOR UPDATE SKIP LOCKED", "")
        found = connection.execute(
            text(f"SELECT count(*) FROM {step.table.__tablename__} WHERE {whose}"), values
        )
        counts[step.table.__tablename__] = int(found.scalar_one())
    return {table: count for table, count in counts.items() if count}


def erase(
    connection: Connection,
    lead_id: int,
    *,
    address: str,
    by: str,
    reason: str,
    secret: str,
    now: datetime,
) -> ErasureReceipt:
    """Erase the person that a lead is. What stays is a lead without anybody, for the figures.

    Args:
        address: of the person, as proof that the right one is meant.
        secret: of this deployment; keys the hash by which the address is known again.
        now: journey time, UTC.

    Raises:
        Conflict: there is no such lead, it is erased, or the address is another one's.
    """
    for one in sorted(_addresses(connection, lead_id)):
        lock_address(connection, one)
    _lock(connection, lead_id)
    _own, *others = _addresses(connection, lead_id)
    lead = connection.execute(
        select(Lead.email_key, Lead.stage, Lead.phase_reason, Lead.cycle).where(Lead.id == lead_id)
    ).one()
    if _is_mark(lead_id, lead.email_key):
        raise Conflict(sentence("lead-{lead} is erased already.", lead=lead_id))
    if address_key(address) != lead.email_key:
        raise Conflict(
            sentence(
                "This is not the address of lead-{lead}: nothing was erased. Type it as shown.",
                lead=lead_id,
            ),
            "address",
        )
    counts = _clear(connection, lead_id, now, last=False)
    connection.execute(
        insert(StageTransition).values(
            lead_id=lead_id,
            key=_mark(lead_id),
            from_stage=lead.stage,
            to_stage=lead.stage,
            phase=ENDED,
            reason=ERASED,
            cycle=lead.cycle,
            at=now,
        )
    )
    receipt = connection.execute(
        insert(Erasure)
        .values(
            at=now, by=by, reason=reason, counts=counts, lead_ref=lead_ref(secret, lead.email_key)
        )
        .returning(Erasure.id)
    ).scalar_one()
    # By none of their addresses they come back.
    for one in others:
        connection.execute(
            insert(Erasure).values(
                at=now, by=by, reason=reason, counts={}, lead_ref=lead_ref(secret, one)
            )
        )
    _end_journeys(connection, lead_id)
    announce(connection, "lead.erased", lead_id, at=now)
    return ErasureReceipt(receipt, now, by, reason, counts)


def clear_again(connection: Connection, lead_id: int, *, last: bool) -> None:
    """Clear away what was written about an erased lead after its erasure; anybody else's lead
    stays as it is.

    Args:
        last: no activity can be left that is sending a mail.
    """
    if not _is_mark(lead_id, _email_key(connection, lead_id)):
        return
    _lock(connection, lead_id)
    at = connection.scalar(select(Lead.phase_since).where(Lead.id == lead_id))
    _clear(connection, lead_id, at, last=last)


def workflows_of(connection: Connection, lead_id: int) -> list[str]:
    """Workflow ids of a lead's journey and of its sales; what runs beside them begins with one of
    these and a hyphen."""
    sales = connection.scalars(select(Opportunity.id).where(Opportunity.lead_id == lead_id))
    return [journey_id(lead_id), *map(opportunity_workflow_id, sales)]


def receipts(
    connection: Connection, *, secret: str, address: str = "", before: int | None, limit: int
) -> list[ErasureReceipt]:
    """Erasures, the latest first.

    Args:
        address: only those of the person who had it.
        before: the last id of the page before.
    """
    query = select(Erasure).order_by(Erasure.id.desc()).limit(limit)
    if address.strip():
        query = query.where(Erasure.lead_ref == lead_ref(secret, address_key(address)))
    if before is not None:
        query = query.where(Erasure.id < before)
    return [
        ErasureReceipt(row.id, row.at, row.by, row.reason, row.counts)
        for row in connection.execute(query)
    ]


def erased_among(connection: Connection, secret: str, email_keys: Collection[str]) -> set[str]:
    """Those of the addresses whose person was erased, and who must not come back by an import or
    another program. Whoever came back themselves is a lead again, or has a newer consent on record.
    """
    if not email_keys or not connection.scalar(select(func.count()).select_from(Erasure)):
        return set()
    refs = {lead_ref(secret, key): key for key in email_keys}
    found = connection.scalars(select(Erasure.lead_ref).where(Erasure.lead_ref.in_(refs)))
    erased = {refs[ref] for ref in found}
    if erased:
        erased -= set(connection.scalars(select(Lead.email_key).where(Lead.email_key.in_(erased))))
    if erased:
        consented = select(ConsentRecord.email_key).where(
            ConsentRecord.email_key.in_(erased), ConsentRecord.action == "opt_in"
        )
        erased -= set(connection.scalars(consented))
    return erased


class ErasedPeople(Container[str]):
    """Addresses of erased people, asked one after the other: see :func:`erased_among`."""

    def __init__(self, connection: Connection, secret: str) -> None:
        self._connection = connection
        self._secret = secret
        self._refs = set(connection.scalars(select(Erasure.lead_ref)))

    def __contains__(self, email_key: object) -> bool:
        """Whether this person was erased and must not come back by a file."""
        if not self._refs or not isinstance(email_key, str):
            return False
        known = lead_ref(self._secret, email_key) in self._refs
        return known and bool(erased_among(self._connection, self._secret, [email_key]))


def lead_ref(secret: str, email_key: str) -> str:
    """Keyed hash (HMAC-SHA256, hexadecimal) by which an erased address is known again, by nobody
    without the secret."""
    return hmac.new(secret.encode(), f"erased:{email_key}".encode(), hashlib.sha256).hexdigest()


def _lock(connection: Connection, lead_id: int) -> None:
    """In the order in which others lock these."""
    for lock in _LOCKS:
        connection.execute(text(lock), {"lead": lead_id})


def _clear(
    connection: Connection, lead_id: int, at: datetime | None, *, last: bool
) -> dict[str, int]:
    """Do what the plan says; table → rows."""
    values = _values(connection, lead_id) | {"at": at, "last": last}
    counts: dict[str, int] = {}
    for step in PLAN:
        done = connection.execute(text(_statement(step)), values)
        if done.rowcount:
            name = step.table.__tablename__
            counts[name] = counts.get(name, 0) + done.rowcount
    return counts


def _addresses(connection: Connection, lead_id: int) -> list[str]:
    """The lead's own address, and the further ones by which it is known."""
    mine = select(LeadContact.value_key).where(
        LeadContact.lead_id == lead_id, LeadContact.kind == "email"
    )
    return [_email_key(connection, lead_id), *connection.scalars(mine)]


def _statement(step: Erase) -> str:
    table = step.table.__tablename__
    if not step.leaves:
        return f"DELETE FROM {table} WHERE {step.whose}"
    leaves = ", ".join(f"{column} = {value}" for column, value in step.leaves.items())
    return f"UPDATE {table} SET {leaves.replace('{settled}', _SETTLED)} WHERE {step.whose}"


def _values(connection: Connection, lead_id: int) -> dict[str, object]:
    return {
        "lead": lead_id,
        "email_keys": _addresses(connection, lead_id),
        "mark": _mark(lead_id),
    }


def _email_key(connection: Connection, lead_id: int) -> str:
    key = connection.scalar(select(Lead.email_key).where(Lead.id == lead_id))
    if key is None:
        raise Missing(sentence("There is no lead {lead}.", lead=lead_id))
    return key


def _mark(lead_id: int) -> str:
    return f"erased-{lead_id}"


def _is_mark(lead_id: int, email_key: str) -> bool:
    return email_key == _mark(lead_id)


def _end_journeys(connection: Connection, lead_id: int) -> None:
    """Have the relay end what runs now, and look once more when no activity can be left."""
    again = f"{_mark(lead_id)}:again"
    for key, last in ((_mark(lead_id), False), (again, True)):
        post(
            connection,
            key=key,
            workflow_id=journey_id(lead_id),
            kind="erase",
            payload={"lead_id": lead_id, "last": last},
        )
    connection.execute(
        update(RelayMessage)
        .where(RelayMessage.key == again)
        .values(not_before=func.now() + ACTIVITIES_ARE_OVER)
    )
