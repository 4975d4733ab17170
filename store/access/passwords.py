"""Passwords of users: set, checked, and kept as Argon2id hashes. Times are real time, UTC."""

from __future__ import annotations

import functools
import secrets
import threading
from datetime import datetime

from pwdlib import PasswordHash
from sqlalchemy import Connection, Engine, delete, select, update

from domain.email.addresses import address_key
from domain.passwords import LONGEST_PASSWORD, WeakPassword, normalised, weakness
from store.access.users import end_sessions
from store.tables import ConsoleUser, LoginLink, SignInMail

_passwords = PasswordHash.recommended()
# A hash takes 64 MB and up to four cores while it is made.
_few_at_once = threading.BoundedSemaphore(2)


def set_password(connection: Connection, user_id: int, password: str, now: datetime) -> None:
    """Set the password and end all sessions and links of the user. Takes some 50 ms of CPU.

    Raises:
        WeakPassword: it is too short, too long, or easy to guess for somebody who knows the user.
    """
    user = connection.execute(
        select(ConsoleUser.name, ConsoleUser.email).where(ConsoleUser.id == user_id)
    ).one()
    # Everybody's address ends in the same way: .com tells nothing.
    if wrong := weakness(password, (user.name, user.email.rpartition(".")[0] or user.email)):
        raise WeakPassword(wrong)
    with _few_at_once:
        kept = _passwords.hash(normalised(password))
    connection.execute(
        update(ConsoleUser).where(ConsoleUser.id == user_id).values(password_hash=kept)
    )
    end_sessions(connection, user_id, now)
    connection.execute(delete(LoginLink).where(LoginLink.user_id == user_id))
    # Who is in needs no other mail of an attempt that did not hear what became of it.
    connection.execute(
        update(SignInMail)
        .where(SignInMail.user_id == user_id, SignInMail.state.in_(("waiting", "sending")))
        .values(state="sent", error="")
    )


def check_password(database: Engine, email: str, password: str) -> int | None:
    """The user whose address and password these are; None for all others, who learn nothing from
    the time it takes. No connection is held meanwhile."""
    query = select(ConsoleUser.id, ConsoleUser.password_hash).where(
        ConsoleUser.email_key == address_key(email),
        ConsoleUser.disabled_at.is_(None),
        ConsoleUser.password_hash != "",
    )
    with database.connect() as connection:
        user = connection.execute(query).first()
    is_too_long = len(password) > LONGEST_PASSWORD
    with _few_at_once:
        nobodys = _nobodys_hash()
        fits, renewed = _passwords.verify_and_update(
            normalised(password[:LONGEST_PASSWORD]), user.password_hash if user else nobodys
        )
    if user is None or is_too_long or not fits:
        return None
    if renewed:
        with database.begin() as connection:
            connection.execute(
                update(ConsoleUser)
                .where(ConsoleUser.id == user.id, ConsoleUser.password_hash == user.password_hash)
                .values(password_hash=renewed)
            )
    return int(user.id)


@functools.cache
def _nobodys_hash() -> str:
    return _passwords.hash(secrets.token_urlsafe(32))
