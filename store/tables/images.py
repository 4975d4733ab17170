"""The images of mails."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class StoredImage(Table):
    """An image that mails can show; ``name`` is the SHA-256 of ``content`` and how it ends, so what
    is under a name never changes. It says nothing of any person."""

    __tablename__ = "image"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    width: Mapped[int]
    """Pixels, as is ``height``."""
    height: Mapped[int]
    size: Mapped[int]
    """Bytes."""
    content: Mapped[bytes]
    alt: Mapped[str]
    """What it shows, for those who don't see it."""
    file_name: Mapped[str]
    """What it was called where it came from."""
    uploaded_by: Mapped[str]
    """A rep's code, or what its caller is called."""
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """Real time."""

    __table_args__ = (CheckConstraint("kind IN ('png','jpg','gif')", name="kind"),)
