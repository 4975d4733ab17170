"""Tokens of the REST API, and the record of what was changed with them. Real time, UTC."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, or_, select, text, update

from domain.access import OF_ONE_TEAM, Role
from domain.refusals import Conflict, Unauthorized
from domain.sentences import sentence
from store.access import named_keys
from store.tables import ApiChange, ApiToken, ConsoleUser, Rep

PREFIX = "prn_"
"""What tokens begin with, so that one that leaked is recognised."""


TOKEN_DAYS = 365
MOST_TOKEN_DAYS = 1826


@dataclass(frozen=True)
class Caller:
    """Whose a token is. ``rep`` and ``team`` are codes, '' for tokens of roles that are no rep's;
    ``user_id`` and ``session_id`` are 0 for a token."""

    name: str
    role: Role
    rep: str = ""
    team: str = ""
    user_id: int = 0
    session_id: int = 0

    @property
    def by(self) -> str:
        """Under whose name a change is recorded: the rep's code, else the token's name."""
        return self.rep or self.name

    @property
    def of_one_team(self) -> bool:
        """Whether everything they do is for their rep's team, in the name of the rep."""
        return self.role in OF_ONE_TEAM


@dataclass(frozen=True)
class TokenLine:
    """A token as a list shows it; times are real time, UTC."""

    name: str
    role: str
    rep: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class RecordedChange:
    """A change that was asked for. ``asked`` are the fields of the request that are kept,
    ``status`` is that of the answer, ``at`` real time, UTC."""

    id: int
    by: str
    rep: str
    method: str
    path: str
    asked: dict[str, Any]
    status: int | None
    at: datetime


def create_token(
    connection: Connection, name: str, role: Role, rep: str = "", *, days: int = TOKEN_DAYS
) -> str:
    """Make a token that is taken for ``days`` of real time.

    Returns:
        The token, which nobody can tell again.

    Raises:
        Conflict: the name is taken (be it by a token that was revoked), or the rep is missing,
            unknown, or not wanted.
    """
    if role in OF_ONE_TEAM and not rep:
        raise Conflict(
            sentence("A token of role {role} acts for a rep: say which, such as rep-1.", role=role),
            "rep",
        )
    if role not in OF_ONE_TEAM and rep:
        raise Conflict(
            sentence("A token of role {role} acts for no rep: leave the rep out.", role=role), "rep"
        )
    if rep and connection.scalar(select(Rep.code).where(Rep.code == rep, Rep.active)) is None:
        raise Conflict(
            sentence("There is no rep '{rep}' in the team policy that is published.", rep=rep),
            "rep",
        )
    token = PREFIX + secrets.token_urlsafe(32)
    kept = named_keys.digest(token)
    ends = datetime.now(UTC) + timedelta(days=days)
    values = {"token_hash": kept, "role": role, "rep": rep, "expires_at": ends}
    if not named_keys.add(connection, ApiToken, name=name, **values):
        raise Conflict(
            sentence("There is, or was, a token '{name}': choose another name.", name=name), "name"
        )
    return token


def find_caller(connection: Connection, token: str) -> Caller | None:
    """Whose this token is; None when it is nobody's, was revoked, or its rep has left.

    Raises:
        Unauthorized: its time is over.
    """
    row = connection.execute(
        select(
            ApiToken.id,
            ApiToken.expires_at,
            ApiToken.name,
            ApiToken.role,
            ApiToken.rep,
            Rep.team,
            Rep.active,
        )
        .outerjoin(Rep, Rep.code == ApiToken.rep)
        .where(ApiToken.token_hash == named_keys.digest(token), ApiToken.revoked_at.is_(None))
    ).first()
    if row is None or (row.rep and not row.active):
        return None
    if row.expires_at is not None and row.expires_at <= datetime.now(UTC):
        raise Unauthorized(sentence("The token has expired: ask an admin for a new one."))
    # Once a minute is enough to tell a token that is in use from one that is forgotten.
    connection.execute(
        text(
            "UPDATE api_token SET last_used_at = now() WHERE id = :id "
            "AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"
        ),
        {"id": row.id},
    )
    return Caller(row.name, Role(row.role), row.rep, row.team or "")


def list_tokens(
    connection: Connection, *, after: str = "", limit: int | None = None
) -> list[TokenLine]:
    """Tokens by name, from the one after the name ``after``, those that were revoked too; ``limit``
    None: all."""
    rows = connection.execute(
        select(
            ApiToken.name,
            ApiToken.role,
            ApiToken.rep,
            ApiToken.created_at,
            ApiToken.last_used_at,
            ApiToken.expires_at,
            ApiToken.revoked_at,
        )
        .where(ApiToken.name > after)
        .order_by(ApiToken.name)
        .limit(limit)
    )
    return [TokenLine(**row._mapping) for row in rows]


def revoke_token(connection: Connection, name: str, now: datetime) -> bool:
    """Take no more from this token; False when there is none of the name that is in use."""
    return named_keys.revoke(connection, ApiToken, name, now)


def begin_change(
    connection: Connection, caller: Caller, method: str, path: str, asked: Mapping[str, Any]
) -> int:
    """Record that a change is asked for, before it is made; returns the record's id."""
    return connection.execute(
        insert(ApiChange)
        .values(by=caller.name, rep=caller.rep, method=method, path=path, asked=dict(asked))
        .returning(ApiChange.id)
    ).scalar_one()


def end_change(connection: Connection, change_id: int, status: int) -> None:
    """Record how it was answered (HTTP status)."""
    connection.execute(update(ApiChange).where(ApiChange.id == change_id).values(status=status))


def tests_asked_for(connection: Connection, by: str, since: datetime) -> list[datetime]:
    """When a caller asked for tests of mails since then that were sent, or are being sent."""
    query = select(ApiChange.at).where(
        ApiChange.by == by,
        ApiChange.at > since,
        ApiChange.path.like("%/templates/%/test"),
        ApiChange.status.is_(None) | (ApiChange.status < 400),
    )
    return list(connection.scalars(query))


def list_changes(
    connection: Connection,
    *,
    by: str = "",
    what: Sequence[str] = (),
    lead_id: int | None = None,
    task_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None,
    limit: int,
) -> list[RecordedChange]:
    """Changes, the latest first.

    Args:
        by: a part of the name or of the address of who asked, or a rep's code; '' for everybody.
        what: methods with paths under ``/api``, with a star for what is named, such as
            ``POST tasks/*/complete``: any of them. None for everything.
        lead_id: only changes that name this lead; ``task_id`` the same of a task.
        since, until: when it was asked for (``until`` is not in it), real time.
        before: the last id of the page before.
    """
    query = select(*ApiChange.__table__.c).order_by(ApiChange.id.desc()).limit(limit)
    if by:
        named = ConsoleUser.name.icontains(by, autoescape=True)
        query = query.where(
            ApiChange.by.icontains(by, autoescape=True)
            | (ApiChange.rep == by)
            | ApiChange.by.in_(select(ConsoleUser.email).where(named))
        )
    if what:
        query = query.where(or_(*map(_is, what)))
    if since is not None:
        query = query.where(ApiChange.at >= since)
    if until is not None:
        query = query.where(ApiChange.at < until)
    if lead_id is not None:
        query = query.where(
            ApiChange.path.regexp_match(f"/(leads|suppressions|recycle)/{lead_id:d}(/|$)")
            | ApiChange.asked.contains({"leads": [lead_id]})
        )
    if task_id is not None:
        query = query.where(ApiChange.path.regexp_match(f"/tasks/{task_id:d}(/|$)"))
    if before is not None:
        query = query.where(ApiChange.id < before)
    return [RecordedChange(**row._mapping) for row in connection.execute(query)]


def _is(what: str) -> ColumnElement[bool]:
    method, _, path = what.partition(" ")
    shape = "[^/]+".join(map(re.escape, path.split("*")))
    return (ApiChange.method == method) & ApiChange.path.regexp_match(f"^/api/{shape}$")
