"""Sessions of the console, and how often somebody may try to begin one. Times are real time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
    update,
)

from domain.access import OF_ONE_TEAM, Role
from domain.email.addresses import address_key
from store.access.api_tokens import Caller
from store.access.named_keys import digest
from store.access.users import SignedIn
from store.tables import ConsoleSession, ConsoleUser, LoginFailure, Rep

Way = Literal["password", "link", "oidc"]
"""How somebody came in."""
Limit = tuple[ColumnElement[bool], int, timedelta]
"""Of whose tries there may be so many within a time."""

COOKIE = "perennial_session"
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
LINK_COUNTS = timedelta(minutes=15)
"""How long who came by a link may set a password without knowing the one until now."""
TRIES_WITHIN = timedelta(minutes=15)
TRIES_OF_EMAIL = 5
TRIES_OF_ADDRESS = 20
TRIES_OF_ALL = 60
"""A minute, from browsers in which nobody has signed in before, whatever names and networks."""
BROWSER = "browser "
"""What the name of a browser that is known begins with."""
WAYS_BACK_WITHIN = timedelta(hours=1)
WAYS_BACK_OF_EMAIL = 3
WAYS_BACK_OF_ADDRESS = 20
# Two tries that come at once must see each other; any number will do that nobody else locks.
_TRIES_LOCK = 5_120_726


@dataclass(frozen=True)
class SessionLine:
    """A session as its user sees it; real time, UTC. ``current`` is the one that asks."""

    id: int
    way: str
    browser: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


def begin_session(
    connection: Connection, user_id: int, now: datetime, way: Way = "password", browser: str = ""
) -> str:
    """Sign a user in.

    Returns:
        The token for the browser; only a hash of it is kept.
    """
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(ConsoleSession).values(
            token_hash=digest(token),
            user_id=user_id,
            way=way,
            browser=browser,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST,
        )
    )
    return token


def find_session(connection: Connection, token: str, now: datetime) -> SignedIn | None:
    """Who is signed in with this token; None when it is unknown, ended or expired, the user is
    disabled, or the rep for whom an SDR works has left. To be asked in a transaction that commits:
    it notes that somebody is there."""
    return _find(connection, ConsoleSession.token_hash == digest(token), now)


def session_by_id(connection: Connection, session_id: int, now: datetime) -> SignedIn | None:
    """The same for a page that is open: asked before each action."""
    return _find(connection, ConsoleSession.id == session_id, now)


def caller_of(connection: Connection, session_id: int, now: datetime) -> Caller | None:
    """Who acts in a session that goes on, without noting that somebody is there: pages that are
    open look by themselves."""
    found = _signed_in(connection, ConsoleSession.id == session_id, now)
    return found[0].caller if found else None


def end_session(connection: Connection, token: str, now: datetime) -> None:
    """Sign out the browser with this token."""
    connection.execute(
        update(ConsoleSession)
        .where(ConsoleSession.token_hash == digest(token), ConsoleSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def list_sessions(
    connection: Connection,
    user_id: int,
    now: datetime,
    current: int = 0,
    *,
    after: Sequence[object] | None = None,
    limit: int | None = None,
) -> list[SessionLine]:
    """The sessions of a user that go on, the one seen last first; ``current`` is the id of the one
    that asks.

    Args:
        after: only those after the one with this ``last_seen_at`` and ``id``.
        limit: how many at most; None for all.
    """
    seen = (ConsoleSession.last_seen_at, ConsoleSession.id)
    query = (
        select(
            ConsoleSession.id,
            ConsoleSession.way,
            ConsoleSession.browser,
            ConsoleSession.created_at,
            ConsoleSession.last_seen_at,
            (ConsoleSession.id == current).label("current"),
        )
        .where(
            ConsoleSession.user_id == user_id,
            ConsoleSession.ended_at.is_(None),
            ConsoleSession.expires_at > now,
            ConsoleSession.last_seen_at > now - IDLE,
        )
        .order_by(*(column.desc() for column in seen))
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(*seen) < tuple_(*map(literal, after)))
    return [SessionLine(**row._mapping) for row in connection.execute(query)]


def end_session_of(connection: Connection, user_id: int, session_id: int, now: datetime) -> bool:
    """End one session of a user; False when they have none of that id that goes on."""
    ended = connection.execute(
        update(ConsoleSession)
        .where(
            ConsoleSession.id == session_id,
            ConsoleSession.user_id == user_id,
            ConsoleSession.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(ConsoleSession.id)
    )
    return ended.first() is not None


def end_other_sessions(
    connection: Connection, user_id: int, session_id: int, now: datetime
) -> None:
    """End the sessions of a user but this one."""
    connection.execute(
        update(ConsoleSession)
        .where(
            ConsoleSession.user_id == user_id,
            ConsoleSession.id != session_id,
            ConsoleSession.ended_at.is_(None),
        )
        .values(ended_at=now)
    )


def came_by_link(connection: Connection, session_id: int, now: datetime) -> bool:
    """Whether the session began with a one-time link, within :data:`LINK_COUNTS`."""
    row = connection.execute(
        select(ConsoleSession.way, ConsoleSession.created_at).where(ConsoleSession.id == session_id)
    ).one()
    return bool(row.way == "link" and row.created_at > now - LINK_COUNTS)


def begin_try(connection: Connection, name: str, address: str, now: datetime) -> datetime | None:
    """Count a try to sign in as failed, unless too many have; :func:`tries_over` takes it back.

    Counted before the password is looked at, so that many at once are no way around it.

    Args:
        name: the e-mail address that was typed, what the browser is known by, or for codes of a
            second factor whose they are.
        address: keyed hash of the network it comes from, or what the browser is known by.

    Returns:
        None when it may go on, else when the next one may.
    """
    limits: list[Limit] = [
        (LoginFailure.email_key == address_key(name), TRIES_OF_EMAIL, TRIES_WITHIN),
        (LoginFailure.address == address, TRIES_OF_ADDRESS, TRIES_WITHIN),
    ]
    if not address.startswith(BROWSER):
        strangers = LoginFailure.address.not_like(f"{BROWSER}%")
        limits.append((strangers, TRIES_OF_ALL, timedelta(minutes=1)))
    return _count(connection, name, address, now, limits)


def ask_for_way_back(
    connection: Connection, name: str, address: str, now: datetime
) -> datetime | None:
    """Count that somebody asked for a new password of an address, whosever it is.

    Args:
        name: the e-mail address that was typed; ``address`` as for :func:`begin_try`.

    Returns:
        None when a mail may go out, else when the next one may.
    """
    name, address = f"way back {name}", f"way back {address}"
    limits: list[Limit] = [
        (LoginFailure.email_key == address_key(name), WAYS_BACK_OF_EMAIL, WAYS_BACK_WITHIN),
        (LoginFailure.address == address, WAYS_BACK_OF_ADDRESS, WAYS_BACK_WITHIN),
    ]
    return _count(connection, name, address, now, limits)


def _count(
    connection: Connection, name: str, address: str, now: datetime, limits: Sequence[Limit]
) -> datetime | None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _TRIES_LOCK})
    connection.execute(delete(LoginFailure).where(LoginFailure.at < now - timedelta(days=1)))
    again = []
    for whose, limit, within in limits:
        # The one that must have left the window before there is room for another.
        oldest = connection.scalar(
            select(LoginFailure.at)
            .where(whose, LoginFailure.at > now - within)
            .order_by(LoginFailure.at.desc())
            .offset(limit - 1)
            .limit(1)
        )
        if oldest is not None:
            again.append(oldest + within)
    if again:
        return max(again)
    counted = {"email_key": address_key(name), "address": address, "at": now}
    connection.execute(insert(LoginFailure).values(counted))
    return None


def tries_over(connection: Connection, name: str) -> None:
    """Forget the failed tries with this name: somebody knew the password."""
    connection.execute(delete(LoginFailure).where(LoginFailure.email_key == address_key(name)))


def _signed_in(
    connection: Connection, which: ColumnElement[bool], now: datetime
) -> tuple[SignedIn, datetime] | None:
    """Who is signed in, and when that was noted last."""
    row = connection.execute(
        select(
            ConsoleSession.id,
            ConsoleSession.last_seen_at,
            ConsoleUser.id.label("user_id"),
            ConsoleUser.name,
            ConsoleUser.email,
            ConsoleUser.language,
            ConsoleUser.time_zone,
            ConsoleUser.theme,
            ConsoleUser.role,
            # A manager whose code has left the team policy is a manager still.
            func.coalesce(Rep.code, "").label("rep"),
            func.coalesce(Rep.team, "").label("team"),
        )
        .join(ConsoleUser, ConsoleUser.id == ConsoleSession.user_id)
        .outerjoin(Rep, (Rep.code == ConsoleUser.rep) & Rep.active)
        .where(
            which,
            ConsoleSession.ended_at.is_(None),
            ConsoleSession.expires_at > now,
            ConsoleSession.last_seen_at > now - IDLE,
            ConsoleUser.disabled_at.is_(None),
        )
    ).first()
    if row is None or (row.role in OF_ONE_TEAM and not row.rep):
        return None
    found = SignedIn(
        session_id=row.id,
        user_id=row.user_id,
        name=row.name,
        email=row.email,
        language=row.language,
        time_zone=row.time_zone,
        theme=row.theme,
        caller=Caller(row.email, Role(row.role), row.rep, row.team, row.user_id, row.id),
    )
    return found, row.last_seen_at


def _find(connection: Connection, which: ColumnElement[bool], now: datetime) -> SignedIn | None:
    found = _signed_in(connection, which, now)
    if found is None:
        return None
    who, last_seen_at = found
    # Once a minute is enough to tell who is idle.
    if last_seen_at < now - timedelta(minutes=1):
        connection.execute(
            update(ConsoleSession)
            .where(ConsoleSession.id == who.session_id)
            .values(last_seen_at=now)
        )
    return who
