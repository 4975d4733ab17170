"""What is kept so that somebody is told when things go wrong. All times are real time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class WriteProbe(Table):
    """One row, written to learn whether the database takes writes."""

    __tablename__ = "write_probe"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class FailingActivity(Table):
    """Activities that keep failing, counted by what fails, for whom and how."""

    __tablename__ = "failing_activity"
    activity: Mapped[str] = mapped_column(primary_key=True)
    workflow: Mapped[str] = mapped_column(primary_key=True)
    """Type of the workflow that waits for it."""
    error: Mapped[str] = mapped_column(primary_key=True)
    """Type of the failure, never its text."""
    workflow_id: Mapped[str]
    """The last one, as an example."""
    attempt: Mapped[int]
    """Of that one."""
    failures: Mapped[int] = mapped_column(BigInteger)
    """Since ``first_at``."""
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    given_up: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether no other attempt could fix it, so that none was made."""
