"""People who may sign in to the console: who they are, and their one-time links.

Times are real time, UTC: nobody's session ends sooner because the demo's calendar runs fast.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.access import OF_ONE_TEAM, Role
from domain.email.addresses import address_key
from domain.lead_files.row import RejectedRowError, checked_email
from domain.refusals import Conflict
from domain.sentences import sentence
from store.access.api_tokens import Caller
from store.access.named_keys import digest
from store.tables import (
    BusyCalendar,
    CalendarFeed,
    ConsoleSession,
    ConsoleUser,
    LoginLink,
    Rep,
    RepProfile,
    SecondFactor,
    SignInMail,
)

FIRST_ADMIN = "admin@localhost"
"""Whom a stack on somebody's own machine begins with; no mail goes there."""
LINK_LIFE = timedelta(hours=24)
WAY_BACK_LIFE = timedelta(hours=1)
"""Of a link that somebody asked for by themselves."""
REPS = OF_ONE_TEAM | {Role.MANAGER}
"""Roles of users who may be a rep of the team policy."""


@dataclass(frozen=True)
class SignedIn:
    """Somebody in a session. ``time_zone`` is an IANA name or '' for the browser's, ``language``
    en, ko or zh, ``theme`` auto, light or dark. The caller's name is the e-mail address."""

    session_id: int
    user_id: int
    name: str
    email: str
    language: str
    time_zone: str
    theme: str
    caller: Caller


@dataclass(frozen=True)
class UserLine:
    """A user as a list shows it. ``last_seen_at`` is that of the latest session."""

    id: int
    email: str
    name: str
    role: str
    rep: str
    language: str
    has_password: bool
    has_second_factor: bool
    created_at: datetime
    disabled_at: datetime | None
    last_seen_at: datetime | None
    mail: str
    """What became of the last mail that lets them in: '' for none, waiting, sending, sent,
    failed."""
    mail_error: str


def add_user(
    connection: Connection,
    email: str,
    name: str,
    role: Role,
    rep: str = "",
    *,
    language: str = "en",
) -> int:
    """Let somebody sign in, once a link or an OpenID Connect provider has brought them in;
    ``language`` (en, ko, zh) is theirs until they choose another.

    Returns:
        The user's id.

    Raises:
        Conflict: the address is none or taken, there is no name, or the rep does not fit.
    """
    email = email.strip()
    if not email:
        raise Conflict(sentence("A user needs an e-mail address."), "email")
    if email != FIRST_ADMIN:
        try:
            email = checked_email(email)
        except RejectedRowError as wrong:
            raise Conflict(
                sentence(
                    "'{address}' is no e-mail address: {wrong}", address=email, wrong=str(wrong)
                ),
                "email",
            ) from None
    if not name.strip():
        raise Conflict(sentence("A user needs a name."), "name")
    _check_rep(connection, role, rep)
    made = connection.execute(
        upsert(ConsoleUser)
        .values(
            email=email,
            email_key=address_key(email),
            name=name.strip(),
            role=role,
            rep=rep,
            language=language,
        )
        .on_conflict_do_nothing(index_elements=["email_key"])
        .returning(ConsoleUser.id)
    ).scalar()
    if made is None:
        raise Conflict(sentence("There is a user {address} already.", address=email), "email")
    return made


def list_users(
    connection: Connection, *, after: str = "", limit: int | None = None
) -> list[UserLine]:
    """Users by address, from the one after the address ``after`` (casefolded), those that are
    disabled too; ``limit`` None: all."""
    return _lines(connection, ConsoleUser.email_key > after, limit=limit)


def find_user(connection: Connection, email: str) -> UserLine | None:
    """The user with this address, in whatever case it is written."""
    return next(iter(_lines(connection, ConsoleUser.email_key == address_key(email))), None)


def user_by_id(connection: Connection, user_id: int) -> UserLine | None:
    """The user of this id."""
    return next(iter(_lines(connection, ConsoleUser.id == user_id)), None)


def sign_in_stamp(connection: Connection, user_id: int) -> str:
    """What changes when the user's password does; '' for who is disabled or unknown."""
    kept = connection.scalar(
        select(ConsoleUser.password_hash).where(
            ConsoleUser.id == user_id, ConsoleUser.disabled_at.is_(None)
        )
    )
    return "" if kept is None else digest(f"{user_id} {kept}")


def is_colleague(connection: Connection, address: str) -> bool:
    """Whether an e-mail address is that of a user who may sign in, or of a rep of the team policy
    that is published; '' is nobody's."""
    key = address_key(address)
    if not key:
        return False
    user = exists().where(ConsoleUser.email_key == key, ConsoleUser.disabled_at.is_(None))
    return bool(connection.scalar(select(user)) or reps_with(connection, address))


def reps_with(connection: Connection, address: str) -> list[str]:
    """Codes of the people of the published team policy whose e-mail address this is, as the policy
    or as they themselves say; '' is nobody's."""
    key = address_key(address)
    if not key:
        return []
    query = select(Rep.code, Rep.email, RepProfile.email).where(Rep.active).order_by(Rep.code)
    team = connection.execute(query.outerjoin(RepProfile, RepProfile.rep == Rep.code))
    return [code for code, *written in team if key in {address_key(one or "") for one in written}]


def change_user(
    connection: Connection,
    user_id: int,
    now: datetime,
    *,
    name: str | None = None,
    role: Role | None = None,
    rep: str | None = None,
    disabled: bool | None = None,
) -> UserLine | None:
    """Change what is given; None when there is no such user. What their role may is asked with
    every action, so it holds at once; who is disabled, or has another role or rep, is signed
    out.

    Raises:
        Conflict: the rep does not fit the role, the name is empty, or nobody who may manage
            users would be left.
    """
    # In one order for everybody, so that of two admins who disable each other one is refused.
    admins = connection.scalars(
        select(ConsoleUser.id)
        .where(ConsoleUser.role == Role.ADMIN, ConsoleUser.disabled_at.is_(None))
        .order_by(ConsoleUser.id)
        .with_for_update()
    ).all()
    user = user_by_id(connection, user_id)
    if user is None:
        return None
    new_role = role or Role(user.role)
    # Who is no longer in sales is no rep any more, without anybody having to say so.
    keeps_rep = new_role in REPS
    new_rep = rep if rep is not None else (user.rep if keeps_rep else "")
    if (new_role, new_rep) != (user.role, user.rep):
        _check_rep(connection, new_role, new_rep)
    if name is not None and not name.strip():
        raise Conflict(sentence("A user needs a name."), "name")
    if list(admins) == [user_id] and (disabled or new_role != Role.ADMIN):
        raise Conflict(
            sentence(
                "{address} is the only admin: make another user admin first.", address=user.email
            ),
            "role",
        )
    changes: dict[str, Any] = {"role": new_role, "rep": new_rep}
    if name is not None:
        changes["name"] = name.strip()
    if disabled is not None:
        changes["disabled_at"] = (user.disabled_at or now) if disabled else None
    connection.execute(update(ConsoleUser).where(ConsoleUser.id == user_id).values(changes))
    if disabled or (new_role, new_rep) != (user.role, user.rep):
        end_sessions(connection, user_id, now)
    if disabled or new_rep != user.rep:
        connection.execute(delete(CalendarFeed).where(CalendarFeed.rep == user.rep))
        connection.execute(delete(BusyCalendar).where(BusyCalendar.rep == user.rep))
    if disabled:
        connection.execute(delete(LoginLink).where(LoginLink.user_id == user_id))
        connection.execute(delete(SignInMail).where(SignInMail.user_id == user_id))
    return user_by_id(connection, user_id)


def set_preferences(
    connection: Connection,
    user_id: int,
    *,
    language: str | None = None,
    time_zone: str | None = None,
    theme: str | None = None,
) -> None:
    """Keep how somebody likes the console; what is None stays as it is."""
    given = {"language": language, "time_zone": time_zone, "theme": theme}
    chosen = {key: value for key, value in given.items() if value is not None}
    if chosen:
        connection.execute(update(ConsoleUser).where(ConsoleUser.id == user_id).values(chosen))


def make_link(
    connection: Connection, user_id: int, now: datetime, life: timedelta = LINK_LIFE
) -> str:
    """Make a token that signs the user in once within its ``life``; it ends the one before.

    Raises:
        Conflict: there is no such user, or it is disabled.
    """
    active = connection.scalar(
        select(ConsoleUser.id)
        .where(ConsoleUser.id == user_id, ConsoleUser.disabled_at.is_(None))
        .with_for_update()
    )
    if active is None:
        raise Conflict(sentence("Only a user who is not disabled can get a link."))
    connection.execute(
        delete(LoginLink).where((LoginLink.user_id == user_id) | (LoginLink.expires_at <= now))
    )
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(LoginLink).values(token_hash=digest(token), user_id=user_id, expires_at=now + life)
    )
    return token


def link_works(connection: Connection, token: str, now: datetime) -> bool:
    """Whether :func:`use_link` would accept the token; looking at it uses nothing up."""
    return bool(
        connection.scalar(
            select(func.count())
            .select_from(LoginLink)
            .join(ConsoleUser, ConsoleUser.id == LoginLink.user_id)
            .where(_fresh(token, now), ConsoleUser.disabled_at.is_(None))
        )
    )


def use_link(connection: Connection, token: str, now: datetime) -> int | None:
    """The user whom the token signs in, this once; None when it was used, is too old or unknown."""
    return connection.execute(
        update(LoginLink)
        .where(
            _fresh(token, now),
            LoginLink.user_id == ConsoleUser.id,
            ConsoleUser.disabled_at.is_(None),
        )
        .values(used_at=now)
        .returning(LoginLink.user_id)
    ).scalar()


def end_sessions(connection: Connection, user_id: int, now: datetime) -> None:
    """Sign the user out everywhere."""
    connection.execute(
        update(ConsoleSession)
        .where(ConsoleSession.user_id == user_id, ConsoleSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def _fresh(token: str, now: datetime) -> ColumnElement[bool]:
    return (
        (LoginLink.token_hash == digest(token))
        & LoginLink.used_at.is_(None)
        & (LoginLink.expires_at > now)
    )


def _check_rep(connection: Connection, role: Role, rep: str) -> None:
    if role in OF_ONE_TEAM and not rep:
        raise Conflict(
            sentence("A user of role {role} is a rep: say which, such as rep-1.", role=role), "rep"
        )
    if rep and role not in REPS:
        raise Conflict(
            sentence("A user of role {role} is no rep: leave the rep out.", role=role), "rep"
        )
    if rep and connection.scalar(select(Rep.code).where(Rep.code == rep, Rep.active)) is None:
        raise Conflict(
            sentence("There is no rep '{rep}' in the team policy that is published.", rep=rep),
            "rep",
        )


def _lines(
    connection: Connection, *which: ColumnElement[bool], limit: int | None = None
) -> list[UserLine]:
    seen = (
        select(func.max(ConsoleSession.last_seen_at))
        .where(ConsoleSession.user_id == ConsoleUser.id)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            ConsoleUser.id,
            ConsoleUser.email,
            ConsoleUser.name,
            ConsoleUser.role,
            ConsoleUser.rep,
            ConsoleUser.language,
            (ConsoleUser.password_hash != "").label("has_password"),
            exists().where(SecondFactor.user_id == ConsoleUser.id).label("has_second_factor"),
            ConsoleUser.created_at,
            ConsoleUser.disabled_at,
            seen.label("last_seen_at"),
            func.coalesce(SignInMail.state, "").label("mail"),
            func.coalesce(SignInMail.error, "").label("mail_error"),
        )
        .outerjoin(SignInMail, SignInMail.user_id == ConsoleUser.id)
        .where(*which)
        .order_by(ConsoleUser.email_key)
        .limit(limit)
    )
    return [UserLine(**row._mapping) for row in rows]
