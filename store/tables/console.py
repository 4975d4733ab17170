"""People who work in the console: who they are, how they came in, what they may still undo,
what they erased, and the files they import."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Table


class ConsoleUser(Table):
    """Somebody who may sign in."""

    __tablename__ = "console_user"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    """The address folded: what people sign in with."""
    name: Mapped[str]
    role: Mapped[str]
    """A ``domain.access.Role``."""
    rep: Mapped[str] = mapped_column(server_default="")
    """The rep in whose name a user of role sdr or success acts; a manager may be one."""
    password_hash: Mapped[str] = mapped_column(server_default="")
    """Argon2id; '' for none yet."""
    language: Mapped[str] = mapped_column(server_default="en")
    """en, ko, zh."""
    time_zone: Mapped[str] = mapped_column(server_default="")
    """IANA name; '' for the browser's."""
    theme: Mapped[str] = mapped_column(server_default="auto")
    """auto, light, dark."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]
    oidc_subject: Mapped[str] = mapped_column(server_default="")
    """Issuer and subject, once they came in through OpenID Connect."""

    __table_args__ = (
        Index(
            "ix_console_user_oidc_subject",
            "oidc_subject",
            unique=True,
            postgresql_where=text("oidc_subject <> ''"),
        ),
    )


class ConsoleSession(Table):
    """A browser in which somebody is signed in. Times are real time."""

    __tablename__ = "console_session"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    """SHA-256, hexadecimal."""
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"), index=True)
    way: Mapped[str]
    """How they came in: password, link, oidc."""
    browser: Mapped[str] = mapped_column(server_default="")
    """Its family and system, such as Firefox on Linux: no more of it is kept, and no address."""
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SavedView(Table):
    """A list of the console as somebody likes to see it: filters, columns and order."""

    __tablename__ = "saved_view"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"))
    page: Mapped[str]
    """Path under ``/console``."""
    name: Mapped[str]
    query: Mapped[str]
    """As the page's address has it; never what was looked for, which may name a person."""
    shared: Mapped[bool]
    team: Mapped[str]
    """Whose members see it when it is shared; '' for everybody."""

    __table_args__ = (UniqueConstraint("user_id", "page", "name"),)


class LoginLink(Table):
    """A link that signs somebody in once: an invitation, or a way back without the password."""

    __tablename__ = "login_link"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInMail(Table):
    """The mail with such a link that a user gets, or got last. The link is made by the attempt that
    sends it, so it is written down nowhere; another mail takes the place of the one before."""

    __tablename__ = "sign_in_mail"
    user_id: Mapped[int] = mapped_column(
        ForeignKey("console_user.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str]
    """invitation, way_back."""
    invited_by: Mapped[str] = mapped_column(server_default="")
    """Name of the colleague who invites; '' for nobody's."""
    web_url: Mapped[str]
    """Where the link leads, without its path."""
    key: Mapped[str]
    """What the message is known by; another one with each attempt that is sent."""
    state: Mapped[str] = mapped_column(server_default="waiting")
    """waiting, sending (handed over now), sent, failed."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str] = mapped_column(server_default="")
    """What the last attempt met with; '' for nothing."""

    __table_args__ = (
        CheckConstraint("kind IN ('invitation','way_back')", name="kind"),
        CheckConstraint("state IN ('waiting','sending','sent','failed')", name="state"),
    )


class SecondFactor(Table):
    """The authenticator of a user (TOTP, RFC 6238)."""

    __tablename__ = "second_factor"
    user_id: Mapped[int] = mapped_column(
        ForeignKey("console_user.id"), primary_key=True, autoincrement=False
    )
    sealed_secret: Mapped[str]
    """Encrypted with a key that is not in the database: see ``store/access/second_factor.py``."""
    last_step: Mapped[int] = mapped_column(BigInteger)
    """The 30 seconds, counted from 1970, whose code was used last: no code counts twice."""
    created_at: Mapped[datetime]


class RecoveryCode(Table):
    """Stands in for the authenticator once: the row goes when it is used."""

    __tablename__ = "recovery_code"
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256, hexadecimal. The codes are random and long: nothing slower is needed."""
    user_id: Mapped[int] = mapped_column(
        ForeignKey("second_factor.user_id", ondelete="CASCADE"), index=True
    )


class LoginFailure(Table):
    """A try to sign in that did not succeed; kept for a day."""

    __tablename__ = "login_failure"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email_key: Mapped[str]
    """The address that was typed, or what else the try counts for: ``web/sign_in/sign_in.py``."""
    address: Mapped[str]
    """Keyed hash of the network address it came from."""
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        Index("ix_login_failure_email_key", "email_key", "at"),
        Index("ix_login_failure_address", "address", "at"),
    )


class PendingDisposition(Table):
    """A task's disposition that somebody can still undo; it counts at ``release_at``."""

    __tablename__ = "pending_disposition"
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), primary_key=True)
    answer: Mapped[dict[str, Any]]
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"), index=True)
    by: Mapped[str]
    release_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Draft(Table):
    """A cadence, policy or template that somebody is writing; each has a draft of their own."""

    __tablename__ = "draft"
    kind: Mapped[str] = mapped_column(primary_key=True)
    """cadence, policy, template."""
    name: Mapped[str] = mapped_column(primary_key=True)
    """'' for one that is new; a template's with its language: welcome-1.en."""
    user_id: Mapped[int] = mapped_column(ForeignKey("console_user.id"), primary_key=True)
    text: Mapped[str]
    based_on: Mapped[int] = mapped_column(BigInteger)
    """Id of the version that was published when it was begun; 0 for none."""
    at: Mapped[datetime]
    """Real time."""


class Erasure(Table):
    """The receipt of a person's erasure: that it was done, by whom and why, never who it was."""

    __tablename__ = "erasure"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    counts: Mapped[dict[str, Any]]
    """Table → rows erased."""
    lead_ref: Mapped[str] = mapped_column(index=True)
    """Keyed hash of the address: tells whether somebody was erased without keeping it."""


class ImportFile(Table):
    """What an import from the browser needs of its file. The file goes when the import is done,
    what it rejected a week later."""

    __tablename__ = "import_file"
    run_id: Mapped[int] = mapped_column(
        ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True
    )
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Compressed with zlib."""
    head: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The first rows, read: ``domain.lead_files.preview.Head``."""
    rejects: Mapped[bytes | None] = mapped_column(LargeBinary)
    """CSV, UTF-8."""
