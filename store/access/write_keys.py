"""Write keys of the tracking API: made, found by what a request brings, listed, revoked. Times are
real time, UTC."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from store.access import named_keys
from store.tables import WriteKey

Kind = Literal["browser", "server"]
"""``browser``: the key stands in pages and apps, where anybody reads it, so nothing that it says of
a person is more than a claim. ``server``: only the site's own programs have it."""


@dataclass(frozen=True)
class WriteKeySource:
    """Who writes: the write key's id, its name, the cadence of leads it brings first (''), its
    kind, and the time zone (IANA) of leads of whom nothing tells it."""

    id: int
    name: str
    cadence: str
    kind: Kind
    time_zone: str = "UTC"


@dataclass(frozen=True)
class WriteKeyLine:
    """A write key as a list shows it; times are UTC."""

    name: str
    kind: Kind
    cadence: str
    created_at: datetime
    revoked_at: datetime | None


def create_write_key(
    connection: Connection, name: str, cadence: str = "", kind: Kind = "browser"
) -> str | None:
    """Make a write key.

    Returns:
        The key, which nobody can tell again; None when the name is taken, be it by a key that was
        revoked.
    """
    key = secrets.token_urlsafe(24)
    kept = named_keys.digest(key)
    made = named_keys.add(
        connection, WriteKey, name=name, key_hash=kept, cadence=cadence, kind=kind
    )
    return key if made else None


def find_source(connection: Connection, key: str, time_zone: str = "UTC") -> WriteKeySource | None:
    """Whose key this is; None when it is nobody's or was revoked.

    Args:
        time_zone: of leads of whom nothing tells it, IANA name.
    """
    row = connection.execute(
        select(WriteKey.id, WriteKey.name, WriteKey.cadence, WriteKey.kind).where(
            WriteKey.key_hash == named_keys.digest(key), WriteKey.revoked_at.is_(None)
        )
    ).first()
    return WriteKeySource(**row._mapping, time_zone=time_zone) if row else None


def list_write_keys(
    connection: Connection, *, after: str = "", limit: int | None = None
) -> list[WriteKeyLine]:
    """Write keys by name, from the one after the name ``after``, those that were revoked too;
    ``limit`` None: all."""
    rows = connection.execute(
        select(
            WriteKey.name,
            WriteKey.kind,
            WriteKey.cadence,
            WriteKey.created_at,
            WriteKey.revoked_at,
        )
        .where(WriteKey.name > after)
        .order_by(WriteKey.name)
        .limit(limit)
    )
    return [WriteKeyLine(**row._mapping) for row in rows]


def revoke_write_key(connection: Connection, name: str, now: datetime) -> bool:
    """Take no more from this key; False when there is none of the name that is in use."""
    return named_keys.revoke(connection, WriteKey, name, now)
