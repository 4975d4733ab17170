"""What write keys brought that nobody has vouched for, and how much they used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class Confirmation(Table):
    """A lead whose address only a browser brought: until it is confirmed, marketing writes to it
    once, to ask."""

    __tablename__ = "confirmation"
    lead_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("lead.id"), primary_key=True, autoincrement=False
    )
    write_key_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("write_key.id"))
    cadence: Mapped[str]
    """The cadence that begins then; '' for none."""
    asks: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether a mail asks for it."""
    brought_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    """When the last mail that asks was queued."""
    times_asked: Mapped[int] = mapped_column(server_default="0")
    confirmed_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_confirmation_asked", "write_key_id", "asked_at"),)


class LeadClaim(Table):
    """What was last said of a lead where something else was known, which stays: by a browser, or by
    an import or a program of a field that a person has entered."""

    __tablename__ = "lead_claim"
    lead_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("lead.id"), primary_key=True, autoincrement=False
    )
    field: Mapped[str] = mapped_column(primary_key=True)
    """A field of the lead, ``company``, or ``attributes.`` and a name."""
    value: Mapped[str]
    write_key_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("write_key.id"))
    """None for an import."""
    at: Mapped[datetime]
    source: Mapped[str] = mapped_column(server_default="")
    """Of an import: where its leads come from."""


class TrackingUse(Table):
    """How much of a limit was used since the beginning of its period. Unlogged: it is written with
    each batch, and a crash of the server may take it."""

    __tablename__ = "tracking_use"
    write_key_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    what: Mapped[str] = mapped_column(primary_key=True)
    """The limit: see ``store.tracking.tracking_use``."""
    who: Mapped[str] = mapped_column(primary_key=True)
    """Keyed hash of a visitor, an address or a network, the id of a row, or '' for the key."""
    since: Mapped[datetime] = mapped_column(primary_key=True)
    """Real time."""
    used: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_tracking_use_since", "since"),
        {"prefixes": ["UNLOGGED"], "postgresql_with": {"fillfactor": 50}},
    )
