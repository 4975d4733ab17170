"""Keys that programs show: random, known by a name, kept as a hash, taken back by the name. Times
are real time, UTC."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, update
from sqlalchemy.dialects.postgresql import insert

from store.tables import ApiToken, WriteKey

Kind = type[ApiToken] | type[WriteKey]


def digest(key: str) -> str:
    """SHA-256, hexadecimal: the keys are random and long, so nothing slower is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


def add(connection: Connection, kind: Kind, /, **values: object) -> bool:
    """Keep a key; False when its ``name`` is taken, be it by one that was revoked."""
    made = connection.execute(
        insert(kind)
        .values(values)
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(kind.id)
    ).first()
    return made is not None


def revoke(connection: Connection, kind: Kind, name: str, now: datetime) -> bool:
    """Take no more from this key; False when there is none of the name that is in use."""
    revoked = connection.execute(
        update(kind)
        .where(kind.name == name, kind.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(kind.id)
    ).first()
    return revoked is not None
