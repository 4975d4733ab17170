"""Published policies: immutable versions, the newest of a name in force."""

from __future__ import annotations

import hashlib
from typing import TypeVar

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from domain.policies import Policy, TeamPolicy
from store.tables import PolicyVersion, Rep

P = TypeVar("P", bound=Policy)


class PolicyMissing(Exception):
    """A journey needs a policy that was never published."""


def publish_policy(connection: Connection, name: str, source: str, policy: Policy) -> int:
    """Publish a policy; an unchanged one gives no new version.

    Returns:
        Its version number.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('publish-policy'))"))
    digest = hashlib.sha256(source.encode()).hexdigest()
    newest = connection.execute(
        select(PolicyVersion.version, PolicyVersion.digest)
        .where(PolicyVersion.name == name)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
    ).first()
    if newest is not None and newest.digest == digest:
        return int(newest.version)
    version = newest.version + 1 if newest else 1
    connection.execute(
        insert(PolicyVersion).values(
            name=name,
            version=version,
            digest=digest,
            source=source,
            definition=policy.model_dump(mode="json", by_alias=True),
        )
    )
    if isinstance(policy, TeamPolicy):
        _publish_team(connection, policy)
    return version


def policy(connection: Connection, kind: type[P], name: str) -> P:
    """The newest published version of policy ``name``.

    Raises:
        PolicyMissing: it was never published.
    """
    row = connection.execute(
        select(PolicyVersion.id, PolicyVersion.definition)
        .where(PolicyVersion.name == name)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
    ).first()
    if row is None:
        raise PolicyMissing(
            f"The policy '{name}' is not published; run `python starter.py cadence publish`."
        )
    return kind.model_validate(row.definition)


def _publish_team(connection: Connection, team: TeamPolicy) -> None:
    connection.execute(
        text("UPDATE rep SET active = false WHERE code <> ALL(:codes)"),
        {"codes": [rep.code for rep in team.reps]},
    )
    for rep in team.reps:
        values = {"name": rep.name, "email": rep.email, "active": True}
        connection.execute(
            insert(Rep)
            .values(code=rep.code, **values)
            .on_conflict_do_update(index_elements=["code"], set_=values)
        )
