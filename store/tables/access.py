"""Programs that may use the API, and those that are told what happens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class ApiToken(Table):
    """A token of the REST API. Only a hash of it is kept."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    """SHA-256, hexadecimal. The tokens are random and long: nothing slower is needed."""
    role: Mapped[str]
    """A ``domain.access.Role``."""
    rep: Mapped[str] = mapped_column(server_default="")
    """The rep in whose name a token of role sdr or success acts."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    """From when on it is taken no more; none for tokens made before there was an end."""
    revoked_at: Mapped[datetime | None]


class ApiChange(Table):
    """Who changed what, or asked to, through the API or at the command line."""

    __tablename__ = "api_change"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    by: Mapped[str]
    """Name of the token or user, or who it was at the command line."""
    rep: Mapped[str] = mapped_column(server_default="")
    method: Mapped[str]
    path: Mapped[str]
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Fields of the request that tell of no lead: see ``web/api/recorded.py``."""
    status: Mapped[int | None]
    """HTTP status of the answer; none when the web app died over it."""
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    """Real time."""


class WebhookEndpoint(Table):
    """Where events go out to (Standard Webhooks)."""

    __tablename__ = "webhook_endpoint"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str]
    """``whsec_…``: signs what goes out, so it cannot be hashed."""
    events: Mapped[list[str]] = mapped_column(JSONB)
    """Event types, such as ``lead.stage_changed``; empty for all."""
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WebhookDelivery(Table):
    """One event for one endpoint, with what became of it."""

    __tablename__ = "webhook_delivery"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoint.id"))
    event_id: Mapped[str]
    """``webhook-id`` of the event: the same in every attempt."""
    event_type: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="waiting")
    """waiting, delivered, failed."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    status: Mapped[int | None]
    """HTTP status of the last attempt; none when nobody answered."""
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_attempt_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_delivery_log", "endpoint_id", "id"),
        Index(
            "ix_webhook_delivery_trouble",
            "last_attempt_at",
            postgresql_where=text("state <> 'delivered' AND attempts > 0"),
        ),
    )
