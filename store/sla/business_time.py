"""The business calendars of the teams, as the newest team policy has them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from domain.sales.team import Team, TeamPolicy
from domain.time.business_time import BusinessCalendar
from domain.time.span import Span
from domain.time.spans import ClockSpan, parse_clock_span
from store.alerts import all_managers
from store.published.policies import PolicyMissing, policy


def team_of(connection: Connection, owner: str) -> Team | None:
    """The team of the rep ``owner``; the first one there is for anybody else ('' too), None
    before a team is published."""
    try:
        teams = policy(connection, TeamPolicy)
    except PolicyMissing:
        return None
    rep = teams.rep(owner)
    return teams.team_of(rep) if rep else teams.teams[0]


def managers_of(connection: Connection, owner: str) -> list[str]:
    """Who manages the rep; of a lead that nobody has, the managers of all teams."""
    if not owner:
        return all_managers(connection)
    team = team_of(connection, owner)
    return [team.manager] if team and team.manager else []


def calendar_of(connection: Connection, owner: str) -> BusinessCalendar:
    """When the team of the rep ``owner`` works; the default calendar before one is published."""
    team = team_of(connection, owner)
    return team.calendar if team else BusinessCalendar()


def calendars_of(connection: Connection, owner: str) -> list[BusinessCalendar]:
    """The calendar of the team of the rep ``owner``; those of all teams for anybody else."""
    try:
        teams = policy(connection, TeamPolicy)
    except PolicyMissing:
        return [BusinessCalendar()]
    rep = teams.rep(owner)
    return [team.calendar for team in ([teams.team_of(rep)] if rep else teams.teams)]


def clocked(span: Span | ClockSpan | str) -> ClockSpan:
    """A span for the clock of a team; a plain one in business days runs in business time."""
    if isinstance(span, Span):
        return ClockSpan(span, span.unit == "business day")
    read: ClockSpan = parse_clock_span(span)
    return read


def due_after(
    connection: Connection, span: Span | ClockSpan | str, start: datetime, owner: str
) -> datetime:
    """The instant (UTC) ``span`` after ``start`` in the calendar of the rep ``owner``."""
    return clocked(span).after(start, calendar_of(connection, owner))
