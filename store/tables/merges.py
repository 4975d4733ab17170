"""Leads that were merged, and those that are known not to be one person. Times are ``timestamptz``
in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class LeadMerge(Table):
    """One lead that went into another. Its own row is gone; what is needed to have it back is in
    ``before``."""

    __tablename__ = "lead_merge"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    """The lead that it is part of now."""
    into_id: Mapped[int] = mapped_column(BigInteger)
    """The lead that it went into, which may have gone into another one since."""
    merged_id: Mapped[int] = mapped_column(BigInteger, index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    before: Mapped[dict[str, Any]]
    """What undoing it restores (``store.matching.merging``); {} once the person is erased."""
    workflows_ended_at: Mapped[datetime | None]
    """When Temporal was told, real time; NULL while the relay is to tell it."""
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(server_default="")


class NotDuplicate(Table):
    """Two leads of which somebody said that they are not the same person."""

    __tablename__ = "not_duplicate"
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True, index=True)
    by: Mapped[str]
    at: Mapped[datetime]
