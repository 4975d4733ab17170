"""The mails that let a user in, an invitation or a way back: asked for in a transaction, sent by a
worker, so that no process that ends in between loses one.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, text

from domain.contracts.notifications import SIGN_IN, NotifyUser
from domain.email.addresses import address_key
from store.access.users import FIRST_ADMIN, LINK_LIFE, WAY_BACK_LIFE, make_link
from store.notifications.raised import send_soon

_ASK = text(
    """
    INSERT INTO sign_in_mail (user_id, kind, invited_by, web_url, key)
    SELECT id, :kind, :by, :url, :key FROM console_user
    WHERE email_key = :email AND disabled_at IS NULL AND email <> :nobody
    ON CONFLICT (user_id) DO UPDATE SET kind = excluded.kind, invited_by = excluded.invited_by,
        web_url = excluded.web_url, key = excluded.key, state = 'waiting', attempts = 0, error = ''
    RETURNING user_id
    """
)
_WAITING = text(
    """
    SELECT kind, invited_by, web_url, key, state, attempts,
        EXISTS (SELECT FROM login_link AS link
            WHERE link.user_id = mail.user_id AND used_at IS NOT NULL) AS came_in
    FROM sign_in_mail AS mail JOIN console_user AS one ON one.id = mail.user_id
    WHERE mail.user_id = :user AND state IN ('waiting', 'sending') AND disabled_at IS NULL
    """
)
_LOCK = text("SELECT FROM console_user WHERE id = :user FOR UPDATE")
_MARK = text(
    """
    UPDATE sign_in_mail SET state = 'sending', key = :new, attempts = attempts + 1
    WHERE user_id = :user AND key = :key AND state IN ('waiting', 'sending')
    """
)
_SETTLE = text(
    """
    UPDATE sign_in_mail SET state = :state, error = :error
    WHERE user_id = :user AND key = :key AND state IN ('waiting', 'sending')
    """
)


class SignInMailKind(StrEnum):
    """What the mail is about."""

    INVITATION = "invitation"
    WAY_BACK = "way_back"


LIVES = {SignInMailKind.INVITATION: LINK_LIFE, SignInMailKind.WAY_BACK: WAY_BACK_LIFE}
"""How long the link in the mail works."""


@dataclass(frozen=True)
class WaitingMail:
    """One that is to be sent. ``marked`` is whether an attempt before handed one over and never
    told what became of it; ``came_in`` whether the user has come in by its link since."""

    kind: SignInMailKind
    invited_by: str
    web_url: str
    key: str
    attempts: int
    marked: bool
    came_in: bool


def ask_for_mail(
    connection: Connection, kind: SignInMailKind, email: str, *, web_url: str, by: str = ""
) -> bool:
    """Have the user of an address get a mail once the transaction is committed. It costs the same
    whether the address is somebody's or not.

    Args:
        web_url: where its link is to lead, without the path.
        by: name of the colleague who invites.

    Returns:
        Whether there is such a user, who may sign in and is written to.
    """
    asked = {
        "kind": kind,
        "by": by,
        "url": web_url,
        "key": uuid.uuid4().hex,
        "email": address_key(email),
        "nobody": FIRST_ADMIN,
    }
    user = connection.scalar(_ASK, asked)
    send_soon(connection, [NotifyUser(user or 0, SIGN_IN)])
    return user is not None


def waiting_mail(connection: Connection, user_id: int) -> WaitingMail | None:
    """What the user is to get; None for nothing."""
    row = connection.execute(_WAITING, {"user": user_id}).first()
    if row is None:
        return None
    return WaitingMail(
        SignInMailKind(row.kind),
        row.invited_by,
        row.web_url,
        row.key,
        row.attempts,
        row.state == "sending",
        # The first attempt ends the links of before.
        row.came_in and row.attempts > 0,
    )


def mark(
    connection: Connection, user_id: int, mail: WaitingMail, now: datetime
) -> tuple[str, str] | None:
    """Make the link, which ends the one before, and note that the mail is handed over now.

    Args:
        now: real time, UTC.

    Returns:
        The key of the message and the token of the link; None when another attempt has it, or
        another mail has been asked for.
    """
    key = uuid.uuid4().hex
    # In the order of who disables the user.
    connection.execute(_LOCK, {"user": user_id})
    marked = connection.execute(_MARK, {"user": user_id, "key": mail.key, "new": key})
    if not marked.rowcount:
        return None
    return key, make_link(connection, user_id, now, LIVES[mail.kind])


def settle(connection: Connection, user_id: int, key: str, state: str, error: str = "") -> None:
    """Note what became of an attempt: sent, failed, or waiting for the next; ``error`` is what it
    met with."""
    connection.execute(_SETTLE, {"user": user_id, "key": key, "state": state, "error": error})
