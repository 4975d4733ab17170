"""``team.yaml`` as a form: its rows as people change them, and the file with what they changed."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from domain.sales.team import RoutingRule, Team, TeamPolicy, TeamRep
from domain.time.calendar_fields import Week
from domain.time.window import WEEKDAYS

_COUNTRIES = re.compile(
    r"""\s*lead\.country\s*(?:==\s*(?P<one>"[A-Z]{2}"|'[A-Z]{2}')|in\s*\[(?P<many>[A-Z"',\s]*)\])\s*"""
)
EVERY_LEAD = "true"


@dataclass
class ManagerRow:
    """A person who is told of breaches and takes no leads."""

    code: str
    name: str = ""
    email: str = ""


@dataclass
class ClosedRow:
    """Days on which a team does not work, as ISO dates; ``first`` and ``last`` are the same for a
    single one, which needs a name (``why``)."""

    first: str = ""
    last: str = ""
    why: str = ""


@dataclass
class TeamRow:
    """A team: its code, when it works, and who hears of leads that none of its reps can take.
    ``days`` are Monday to Sunday, such as ``09:00-12:00, 13:00-18:00``; '' is a closed one.
    ``waits`` is a span such as ``15 business minutes``; '' for at once."""

    team: str
    time_zone: str = "UTC"
    days: list[str] = field(default_factory=lambda: [""] * 7)
    holidays: str = ""
    extra: list[ClosedRow] = field(default_factory=list)
    closed: list[ClosedRow] = field(default_factory=list)
    manager: str = ""
    waits: str = ""
    alert: list[str] = field(default_factory=list)
    was: str = ""


@dataclass
class RepRow:
    """A rep; ``languages``, ``territories`` and ``segments`` empty for any."""

    code: str
    name: str = ""
    email: str = ""
    team: str = ""
    weight: int = 1
    cap: int = 500
    languages: list[str] = field(default_factory=list)
    territories: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    meeting_link: str = ""


@dataclass
class RuleRow:
    """A routing rule; ``to`` are codes of teams and reps, ``was`` is the name it had."""

    rule: str
    condition: str = EVERY_LEAD
    to: list[str] = field(default_factory=list)
    was: str = ""


@dataclass
class TeamForm:
    """What the form shows of a team policy; the rest of the file stays as it is."""

    account_owner_first: bool
    teams: list[TeamRow]
    managers: list[ManagerRow]
    reps: list[RepRow]
    rules: list[RuleRow]


def form_of(policy: TeamPolicy) -> TeamForm:
    """A team policy as the form shows it."""
    return TeamForm(
        account_owner_first=policy.account_owner_first,
        teams=[_team(one) for one in policy.teams],
        managers=[ManagerRow(one.code, one.name, one.email) for one in policy.managers],
        reps=[_rep(policy, one) for one in policy.reps],
        rules=[_rule(one) for one in policy.routing],
    )


def with_form(data: Mapping[str, Any], before: TeamForm, after: TeamForm) -> dict[str, Any]:
    """The plain data of the file with what differs between two states of the form.

    Args:
        data: as :func:`domain.authoring.yaml_source.read` gives it; it is not changed.
    """
    made: dict[str, Any] = copy.deepcopy(dict(data))
    if before.account_owner_first != after.account_owner_first:
        made["account_owner_first"] = after.account_owner_first
    if before.teams != after.teams:
        made["teams"] = _teams(made.get("teams"), before, after)
    if before.managers != after.managers:
        made["managers"] = _managers(made.get("managers"), before, after)
        if not made["managers"]:
            del made["managers"]
    if before.reps != after.reps:
        made["reps"] = _reps(made.get("reps"), before, after)
    if before.rules != after.rules:
        rules = _rules(made.get("routing"), before, after)
        made["routing"] = rules
        if not rules:
            del made["routing"]
    return made


def next_code(people: Sequence[RepRow | ManagerRow], kind: str = "rep") -> str:
    """A code for a new person that none of these has, such as ``rep-5``."""
    own = re.compile(rf"{kind}-(\d+)")
    taken = [int(found[1]) for one in people if (found := own.fullmatch(one.code))]
    return f"{kind}-{max(taken, default=0) + 1}"


def week_text(week: Week) -> list[str]:
    """Opening hours as the form shows them, a text for each day."""
    return [", ".join(f"{_clock(a)}-{_clock(b)}" for a, b in openings) for openings in week]


def week_written(days: Sequence[str]) -> dict[str, Any]:
    """Opening hours as the file has them: days in a row that are alike together."""
    written: dict[str, Any] = {}
    at = 0
    while at < len(days):
        until = at
        while until + 1 < len(days) and _listed(days[until + 1]) == _listed(days[at]):
            until += 1
        openings = _listed(days[at])
        if openings:
            name = WEEKDAYS[at] if until == at else f"{WEEKDAYS[at]}-{WEEKDAYS[until]}"
            written[name] = openings[0] if len(openings) == 1 else openings
        at = until + 1
    return written


def countries_of(condition: str) -> list[str] | None:
    """The countries of a condition that asks for nothing else; [] for one that takes every lead;
    None for any other."""
    if condition.strip() in ("", EVERY_LEAD):
        return []
    found = _COUNTRIES.fullmatch(condition)
    if found is None:
        return None
    return re.findall("[A-Z]{2}", found["one"] or found["many"])


def asks_for(countries: Sequence[str]) -> str:
    """The condition that asks for these countries; for none it takes every lead."""
    if not countries:
        return EVERY_LEAD
    if len(countries) == 1:
        return f'lead.country == "{countries[0]}"'
    return "lead.country in [{}]".format(", ".join(f'"{one}"' for one in countries))


def _team(one: Team) -> TeamRow:
    calendar = one.calendar
    return TeamRow(
        one.team,
        calendar.time_zone,
        week_text(calendar.hours),
        calendar.holidays,
        [ClosedRow(str(day), str(day), name) for day, name in calendar.extra_holidays],
        [ClosedRow(str(days.first), str(days.last), days.why) for days in calendar.closed],
        one.manager,
        "" if one.unassigned.after.span is None else str(one.unassigned.after),
        list(one.unassigned.alert),
        one.team,
    )


def _rep(policy: TeamPolicy, one: TeamRep) -> RepRow:
    return RepRow(
        code=one.code,
        name=one.name,
        email=one.email,
        team=policy.team_of(one).team,
        weight=one.weight,
        cap=one.cap,
        languages=list(one.languages),
        territories=list(one.territories),
        segments=list(one.segments),
        meeting_link=one.meeting_link,
    )


def _rule(one: RoutingRule) -> RuleRow:
    return RuleRow(one.rule, one.condition, list(one.to), one.rule)


def _teams(written: Any, before: TeamForm, after: TeamForm) -> list[dict[str, Any]]:
    known = _by(written, "team")
    was = {one.team: one for one in before.teams}
    made = []
    for one in after.teams:
        row, old = known.get(one.was, {"team": one.team}), was.get(one.was, TeamRow(one.team))
        calendar = row.get("calendar") or {}
        _set(calendar, "time_zone", old.time_zone, one.time_zone)
        _set(calendar, "holidays", old.holidays, one.holidays)
        if old.days != one.days:
            calendar["hours"] = week_written(one.days)
        _set(calendar, "extra_holidays", _named(old.extra), _named(one.extra))
        _set(calendar, "closed", _closed(old.closed), _closed(one.closed))
        _set_part(row, "calendar", calendar)
        _set(row, "manager", old.manager, one.manager)
        unassigned = row.get("unassigned") or {}
        _set(unassigned, "after", old.waits, one.waits)
        _set(unassigned, "alert", old.alert, one.alert)
        _set_part(row, "unassigned", unassigned)
        made.append(row)
    return made


def _named(days: Sequence[ClosedRow]) -> dict[str, str]:
    return {one.first: one.why for one in days}


def _closed(days: Sequence[ClosedRow]) -> list[dict[str, str]]:
    return [
        {"from": one.first, "to": one.last} | ({"why": one.why} if one.why else {}) for one in days
    ]


def _managers(written: Any, before: TeamForm, after: TeamForm) -> list[dict[str, Any]]:
    known = _by(written, "code")
    was = {one.code: one for one in before.managers}
    made = []
    for one in after.managers:
        row = known.get(one.code, {"code": one.code, "name": one.name, "email": one.email})
        old = was.get(one.code, one)
        for name in ("name", "email"):
            _set(row, name, getattr(old, name), getattr(one, name), optional=False)
        made.append(row)
    return made


def _reps(written: Any, before: TeamForm, after: TeamForm) -> list[dict[str, Any]]:
    known = _by(written, "code")
    was = {one.code: one for one in before.reps}
    several = len(after.teams) > 1
    made = []
    for one in after.reps:
        row = known.get(one.code)
        if row is None:
            row = {"code": one.code, "name": one.name, "email": one.email}
            if several:
                row["team"] = one.team
            old = RepRow(one.code, one.name, one.email, one.team)
        else:
            old = was[one.code]
        for name in (part.name for part in fields(RepRow)):
            _set(row, name, getattr(old, name), getattr(one, name), optional=name != "name")
        if several:
            row.setdefault("team", one.team)
        made.append(row)
    return made


def _rules(written: Any, before: TeamForm, after: TeamForm) -> list[dict[str, Any]]:
    known = _by(written, "rule")
    was = {one.rule: one for one in before.rules}
    made = []
    for one in after.rules:
        row, old = known.get(one.was, {}), was.get(one.was, RuleRow(""))
        row = {"rule": one.rule} | {name: value for name, value in row.items() if name != "rule"}
        if old.condition != one.condition or "if" not in row:
            row.pop("if", None)
            if one.condition.strip() not in ("", EVERY_LEAD):
                row = _before_to(row, one.condition)
        if old.to != one.to or "to" not in row:
            row["to"] = one.to[0] if len(one.to) == 1 else list(one.to)
        made.append(row)
    return made


def _before_to(row: Mapping[str, Any], condition: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in row.items():
        if name == "to":
            made["if"] = condition
        made[name] = value
    made.setdefault("if", condition)
    return made


def _set(
    row: dict[str, Any], name: str, before: object, after: object, *, optional: bool = True
) -> None:
    """Write a field that was changed; one that is empty now goes where it may."""
    if before == after:
        return
    if optional and after in ("", [], {}) and name != "email":
        row.pop(name, None)
    else:
        row[name] = after


def _set_part(row: dict[str, Any], name: str, part: dict[str, Any]) -> None:
    """Write a part of a row that has its own fields; one without any goes."""
    if part:
        row[name] = part
    else:
        row.pop(name, None)


def _by(written: Any, key: str) -> dict[Any, dict[str, Any]]:
    rows = written if isinstance(written, list) else []
    return {row.get(key): row for row in rows if isinstance(row, dict)}


def _listed(day: str) -> list[str]:
    return [re.sub(r"\s*[-–]\s*", "-", part.strip()) for part in day.split(",") if part.strip()]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
