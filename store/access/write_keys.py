"""Write keys of the tracking API: made, found by what a request brings, listed, revoked. Times are
real time, UTC."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select, update

from store.access import named_keys
from store.tables import WriteKey

Kind = Literal["browser", "server"]
"""``browser``: the key stands in pages and apps, where anybody reads it, so nothing that it says of
a person is more than a claim. ``server``: only the site's own programs have it."""


@dataclass(frozen=True)
class WriteKeySource:
    """Who writes: the write key's id, its name, the cadence of leads it brings first (''), its
    kind, the time zone (IANA) of leads of whom nothing tells it, and whether new addresses are
    asked to confirm themselves though no cadence waits for that."""

    id: int
    name: str
    cadence: str
    kind: Kind
    time_zone: str = "UTC"
    asks: bool = False


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
    """Write keys that people made, by name, from the one after the name ``after``, those that were
    revoked too; ``limit`` None: all."""
    rows = connection.execute(
        select(
            WriteKey.name,
            WriteKey.kind,
            WriteKey.cadence,
            WriteKey.created_at,
            WriteKey.revoked_at,
        )
        .where(WriteKey.name > after, WriteKey.form == "")
        .order_by(WriteKey.name)
        .limit(limit)
    )
    return [WriteKeyLine(**row._mapping) for row in rows]


def revoke_write_key(connection: Connection, name: str, now: datetime) -> bool:
    """Take no more from this key; False when there is none of the name that is in use."""
    return named_keys.revoke(connection, WriteKey, name, now)


def source_of_form(connection: Connection, form: str) -> int | None:
    """Id of the write key in whose name a hosted form writes; None before it was published."""
    return connection.scalar(select(WriteKey.id).where(WriteKey.form == form))


def ensure_source_of_form(connection: Connection, form: str, cadence: str) -> None:
    """Have a hosted form write in the name of a key of its own, as a browser does: nobody knows
    that key. Whoever publishes has seen to it that nobody else does."""
    if source_of_form(connection, form) is None:
        name = f"form {form}"
        if create_write_key(connection, name) is None:
            # Somebody has called a key so.
            name += f" {secrets.token_hex(4)}"
            create_write_key(connection, name)
        connection.execute(update(WriteKey).where(WriteKey.name == name).values(form=form))
    connection.execute(update(WriteKey).where(WriteKey.form == form).values(cadence=cadence))
