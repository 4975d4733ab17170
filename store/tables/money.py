"""What marketing spends, and what currencies are worth in the company's own."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class ExchangeRate(Table):
    """What one unit of a currency is worth in another, from a day until the next one of the same
    two."""

    __tablename__ = "exchange_rate"
    currency: Mapped[str] = mapped_column(primary_key=True)
    """ISO 4217."""
    into_currency: Mapped[str] = mapped_column(primary_key=True)
    """ISO 4217: the company's currency when it was entered."""
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Decimal]
    by: Mapped[str]
    at: Mapped[datetime]
    """Journey time."""

    __table_args__ = (CheckConstraint("rate > 0", name="rate"),)


class Spend(Table):
    """What was spent on a source and a campaign of it, in one day or one month."""

    __tablename__ = "spend"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str]
    """As ``utm_source``: lower case."""
    campaign: Mapped[str] = mapped_column(server_default="")
    """As ``utm_campaign``; '' for what no campaign is charged with."""
    span: Mapped[str]
    """day, month."""
    day: Mapped[date] = mapped_column(index=True)
    """Of a month its first."""
    amount: Mapped[Decimal]
    currency: Mapped[str]
    """ISO 4217."""
    by: Mapped[str]
    at: Mapped[datetime]
    """When it was last entered otherwise than before; journey time."""

    __table_args__ = (
        CheckConstraint("span IN ('day', 'month')", name="span"),
        CheckConstraint("amount >= 0", name="amount"),
        UniqueConstraint("source", "campaign", "span", "day"),
    )


class Restatement(Table):
    """A figure that was replaced by another one after it was entered. Journey time."""

    __tablename__ = "restatement"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str]
    """spend, rate."""
    of: Mapped[str]
    """Which one: ``google / spring / 2026-05``, ``EUR to USD / 2026-05-01``."""
    before: Mapped[str]
    after: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (CheckConstraint("kind IN ('spend', 'rate')", name="kind"),)
