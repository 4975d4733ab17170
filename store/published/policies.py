"""Published policies: immutable versions, the newest of a name in force."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from domain.forms.policy import FormsPolicy
from domain.not_ready import NotReady
from domain.rules.policy import PolicyFile
from domain.sales.sla import SlaPolicy
from domain.sales.team import TeamPolicy, TeamRep
from domain.sending.policy import SendingPolicy
from domain.sentences import sentence
from store import tables
from store.outbox.relay_messages import notify_sales_sweep
from store.outbox.waiting_mails import limits_changed
from store.published.cadences import UNSIGNED, Publication, Signature, publish_version
from store.published.forms import publish_forms
from store.tables import PolicyVersion, RoutingCredit, RoutingShare

P = TypeVar("P", bound=PolicyFile)

_NEWEST = text(
    "SELECT id, md5(definition::text) FROM policy_version WHERE name = :name "
    "ORDER BY version DESC LIMIT 1"
)
_VERSION = text("SELECT max(version) FROM policy_version WHERE name = :name")
_READ: dict[tuple[str, str], PolicyFile] = {}
"""Versions read before, by name and content: the conditions in them are compiled once."""


class PolicyMissing(NotReady):
    """A journey needs a policy that was never published."""


@dataclass(frozen=True)
class PolicyInForce:
    """The newest version of a policy: the text it was published with, and when (UTC)."""

    version: int
    source: str
    published_at: datetime


def policy_in_force(connection: Connection, name: str) -> PolicyInForce | None:
    """The newest published version of policy ``name`` as it was written, or None."""
    row = connection.execute(
        select(PolicyVersion.version, PolicyVersion.source, PolicyVersion.published_at)
        .where(PolicyVersion.name == name)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
    ).first()
    return PolicyInForce(**row._mapping) if row else None


def publish_policy(
    connection: Connection, source: str, policy: PolicyFile, signed: Signature = UNSIGNED
) -> Publication:
    """Publish a policy; an unchanged one gives no new version."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('publish-policy'))"))
    published = publish_version(
        connection,
        PolicyVersion,
        policy.policy,
        hashlib.sha256(source.encode()).hexdigest(),
        source=source,
        definition=policy.model_dump(mode="json", by_alias=True),
        published_by=signed.by,
        note=signed.note,
    )
    if published.new and isinstance(policy, TeamPolicy):
        _publish_team(connection, policy)
    if published.new and isinstance(policy, FormsPolicy):
        publish_forms(connection, policy)
    if published.new and isinstance(policy, SendingPolicy):
        limits_changed(connection)
    if published.new and isinstance(policy, TeamPolicy | SlaPolicy) and published.version > 1:
        notify_sales_sweep(connection, policy.policy, published.version)
    return published


def version_of(connection: Connection, name: str) -> int:
    """The newest published version of policy ``name``; 0 before the first."""
    return connection.scalar(_VERSION, {"name": name}) or 0


def policy(connection: Connection, kind: type[P]) -> P:
    """The newest published version of the policy of this ``kind``.

    Raises:
        PolicyMissing: it was never published.
    """
    name = kind.name()
    row = connection.execute(_NEWEST, {"name": name}).first()
    if row is None:
        raise PolicyMissing(
            sentence(
                "The policy '{name}' is not published: publish it, in the console under "
                "'Policies and mails' or with `python starter.py cadence publish`.",
                name=name,
            )
        )
    version, digest = row
    known = _READ.get((name, digest))
    if not isinstance(known, kind):
        definition = connection.execute(
            select(PolicyVersion.definition).where(PolicyVersion.id == version)
        ).scalar_one()
        try:
            known = kind.model_validate(definition)
        except ValidationError:
            raise PolicyMissing(
                sentence(
                    "The policy '{name}' was published in a form that this version does not "
                    "read: publish today's file, in the console under 'Policies and mails' or "
                    "with `python starter.py cadence publish`.",
                    name=name,
                )
            ) from None
        _READ[name, digest] = known
    return known


def policy_or(connection: Connection, default: P) -> P:
    """The newest published version of the policy that ``default`` is one of; ``default`` while none
    is published."""
    try:
        return policy(connection, type(default))
    except PolicyMissing:
        return default


def _publish_team(connection: Connection, team: TeamPolicy) -> None:
    people = [*team.reps, *team.managers]
    connection.execute(
        text("UPDATE rep SET active = false WHERE code <> ALL(:codes)"),
        {"codes": [person.code for person in people]},
    )
    for person in people:
        values = {
            "name": person.name,
            "email": person.email,
            "team": team.team_of(person).team if isinstance(person, TeamRep) else "",
            "manager": not isinstance(person, TeamRep),
            "meeting_link": person.meeting_link if isinstance(person, TeamRep) else "",
            "active": True,
        }
        connection.execute(
            insert(tables.Rep)
            .values(code=person.code, **values)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )
    # Weights may have changed: everybody's share is counted from here.
    connection.execute(delete(RoutingShare))
    connection.execute(delete(RoutingCredit))
