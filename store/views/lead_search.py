"""Leads found by words and filters, page by page. Times are journey time, UTC."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection, Row, select, text

from domain.contacts.phones import read_phone
from domain.contracts.journey import Phase, Stage
from domain.figures.lists import LeadsBehind
from domain.scoring.interest import Interest
from domain.scoring.policy import LETTERS, LEVELS, MEANINGS, ScoringPolicy
from domain.scoring.standing import standing_of
from store.consent.confirmations import UNCONFIRMED, WAITING
from store.erasure.erasure import ERASED
from store.figures.data_quality import LACKING
from store.figures.lists import statement
from store.published.policies import policy
from store.scoring.points_in_sql import POINTS_NOW
from store.scoring.scoring import points_now
from store.tables import Rep
from store.views.figures import NOT_STARTED
from store.views.leads import INTEREST_ORDER, LeadLine

Order = Literal["activity", "interest", "fit", "id"]
"""The latest activity, the most interest or the best fit first; or by id, the lowest first."""
COUNTED = 1000
"""Up to here leads are counted exactly."""
MOST_WORDS = 8
MOST_SOURCES = 100
NEWEST_LEADS = 10_000
LONGEST_SEARCH = 200
"""Characters; what is longer is cut."""
DEEDS: Mapping[str, tuple[str, ...]] = {
    "answered": ("reply",),
    "bounced": ("bounce", "soft_bounce"),
}
"""What leads, or their mail, may have done → kinds of engagement."""
LEAST_DIGITS = 6
"""Of a phone number that is looked for."""
_NUMBER = re.compile(r"(?:tel:)?[+(]?[\d\s()./\u2010-\u2015-]{6,40}", re.ASCII)
_GRADE = re.compile(r"([A-D]?)([1-4]?)")


@dataclass(frozen=True)
class LeadFilter:
    """Which leads; '', () and None mean any, and of several values one must fit."""

    search: str = ""
    """Beginnings of words in name, e-mail address, title, and the company's name and domain; a
    lead has all of them. Or a phone number however it is written, or its last digits."""
    stage: Sequence[str] = ()
    phase: Sequence[str] = ()
    """``not started`` for those whose journey has not begun."""
    owner: Sequence[str] = ()
    """Codes of reps; '' for those nobody owns."""
    grade: Sequence[str] = ()
    """Such as ``B2``, ``B`` or ``2``, or what grades mean: known, engaged, mql, hot."""
    country: Sequence[str] = ()
    """ISO 3166-1 alpha-2."""
    source: Sequence[str] = ()
    """Where they come from, exactly as it was written."""
    cadence: Sequence[str] = ()
    """The cadences they are in now, whatever the version."""
    segment: Sequence[str] = ()
    """Names of segments."""
    recycled: bool | None = None
    suppressed: bool | None = None
    did: str = ""
    """What happened at ``since`` or later: a key of :data:`DEEDS`."""
    since: datetime | None = None
    account: int | None = None
    lead: Sequence[int] = ()
    """Only some of these, by id."""
    without: Sequence[str] = ()
    """What they lack, all of it: of :class:`domain.figures.data_quality.Lacking`."""
    team: str | None = None
    """Only those whose owner is of this team."""
    customers: bool = False
    """Beside those of the team, customers of all."""
    behind: LeadsBehind | None = None
    """Only those that a figure counts."""


@dataclass(frozen=True)
class LeadCursor:
    """Where a page ended: the lead and what it was sorted by."""

    key: datetime | float | int
    lead_id: int


@dataclass(frozen=True)
class FoundLead(LeadLine):
    """A lead as a list shows it. ``active_at`` is when it last did something or went on to another
    phase (journey time, UTC), None for never."""

    title: str
    phone: str
    account_id: int | None
    country: str
    source: str
    active_at: datetime | None
    suppressed: str
    """Why the address gets no mail; '' when it does."""
    mark: Annotated[LeadCursor, Field(exclude=True)]


def find_leads(
    connection: Connection,
    now: datetime,
    wanted: LeadFilter,
    *,
    order: Order = "activity",
    after: LeadCursor | None = None,
    limit: int = 50,
) -> list[FoundLead]:
    """A page of the leads that are wanted.

    Args:
        now: journey time, UTC.
        after: of the last lead of the page before.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    rules = policy(connection, ScoringPolicy)
    conditions, values = _conditions(connection, rules, wanted, now)
    key = _KEYS[order]
    if after is not None:
        conditions.append(
            "lead.id > :after_id"
            if order == "id"
            else f"({key}, lead.id) < (:after_key, :after_id)"
        )
        values |= {"after_key": after.key, "after_id": after.lead_id}
    way = "ASC" if order == "id" else "DESC"
    # PostgreSQL can't tell how rare a grade is: in the order of the index it would read all leads
    # for none. So that it sorts what it found, the order is one that no index has.
    sort = f"{key} + interval '0'" if wanted.grade and order == "activity" else key
    rows = connection.execute(
        text(
            f"""
            SELECT lead.*, coalesce(account.name, '') AS company,
                coalesce(suppression.reason,
                    CASE WHEN {WAITING} THEN '{UNCONFIRMED}' END, '') AS suppressed
            FROM (
                SELECT id, first_name, last_name, email, email_key, title, phone, account_id,
                    country, source, time_zone, stage, phase, phase_reason, cycle, owner, fit,
                    fit_points, interest, interest_as_of,
                    greatest(phase_since, nullif(interest_as_of, to_timestamp(0))) AS active_at,
                    {key} AS key
                FROM lead WHERE {" AND ".join(conditions)}
                ORDER BY {sort} {way}, id {way} LIMIT :limit
            ) AS lead
            LEFT JOIN account ON account.id = lead.account_id
            LEFT JOIN suppression ON suppression.email_key = lead.email_key
            ORDER BY lead.key {way}, lead.id {way}
            """
        ),
        values | {"limit": limit, "half_life": rules.half_life.length.total_seconds()},
    )
    return [_line(rules, row, now) for row in rows]


def lead_ids(connection: Connection, now: datetime, wanted: LeadFilter, most: int) -> list[int]:
    """The ids of the leads that are wanted, the lowest first, ``most`` at most.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    rules = policy(connection, ScoringPolicy)
    conditions, values = _conditions(connection, rules, wanted, now)
    found = connection.execute(
        text(f"SELECT id FROM lead WHERE {' AND '.join(conditions)} ORDER BY id LIMIT :most"),
        values | {"most": most},
    )
    return list(found.scalars())


def count_leads(connection: Connection, now: datetime, wanted: LeadFilter) -> int:
    """How many leads are wanted; one more than ``COUNTED`` for all that are more.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    rules = policy(connection, ScoringPolicy)
    conditions, values = _conditions(connection, rules, wanted, now)
    counted = connection.execute(
        text(
            f"SELECT count(*) FROM (SELECT FROM lead WHERE {' AND '.join(conditions)} "
            "LIMIT :most) AS found"
        ),
        values | {"most": COUNTED + 1},
    )
    return int(counted.scalar_one())


def searched(connection: Connection, search: str) -> tuple[list[str], dict[str, object]]:
    """SQL conditions on ``lead`` that say that it has all words of a search, or its number, and
    their values."""
    conditions: list[str] = []
    values: dict[str, object] = {}
    for number, word in enumerate(words_searched(connection, search)):
        name = f"word_{number}"
        values[name] = beginning(word)
        conditions.append(
            f"(lead.words @@ cast(:{name} AS tsquery) OR account_id = ANY (ARRAY("
            f"SELECT id FROM account WHERE account.words @@ cast(:{name} AS tsquery))))"
        )
    if digits := number_searched(search):
        # An index is of the number backwards: people know its end, not always its country.
        values["number"] = f"{digits[::-1]}%"
        words = " AND ".join(conditions)
        conditions = [f"(reverse(lead.phone) LIKE :number OR {words})"]
    return conditions, values


def number_searched(search: str) -> str:
    """The digits with which the phone number ends that is looked for; '' for what is none."""
    written = search.strip()
    if not _NUMBER.fullmatch(written):
        return ""
    read = read_phone(written).number or written
    digits = "".join(filter(str.isdecimal, read)).lstrip("0")
    return digits if len(digits) >= LEAST_DIGITS else ""


def owners(connection: Connection, team: str | None) -> dict[str, str]:
    """Code → name of the reps who may own leads, of one team or of all (None)."""
    query = select(Rep.code, Rep.name).where(Rep.active, Rep.manager.is_(False))
    if team is not None:
        query = query.where(Rep.team == team)
    return {row.code: row.name for row in connection.execute(query.order_by(Rep.code))}


def sources(connection: Connection) -> list[str]:
    """Where imports and the newest leads come from, at most ``MOST_SOURCES`` in alphabetical order.

    To look at all leads would take longer than the list that is chosen by it.
    """
    query = text(
        "SELECT source FROM (SELECT source FROM import_run WHERE state = 'done' "
        "UNION SELECT source FROM (SELECT source FROM lead ORDER BY id DESC LIMIT :newest) AS new"
        ") AS known WHERE source <> '' ORDER BY source LIMIT :most"
    )
    return list(connection.scalars(query, {"newest": NEWEST_LEADS, "most": MOST_SOURCES}))


def countries(connection: Connection) -> list[str]:
    """The countries that leads are in, by code; asked of the index, one jump for each."""
    query = text(
        """
        WITH RECURSIVE known AS (
            SELECT min(country) AS country FROM lead
            UNION ALL
            SELECT (SELECT min(country) FROM lead WHERE lead.country > known.country)
            FROM known WHERE known.country IS NOT NULL
        )
        SELECT country FROM known WHERE country <> ''
        """
    )
    return list(connection.scalars(query))


def words_searched(connection: Connection, search: str) -> list[str]:
    """The words of a search as the index has them, ``MOST_WORDS`` at most."""
    found = connection.execute(
        text("SELECT lexeme FROM unnest(account_words(:search, '')) ORDER BY positions[1]"),
        {"search": unicodedata.normalize("NFC", search.replace("\0", " ")[:LONGEST_SEARCH])},
    )
    return list(found.scalars())[:MOST_WORDS]


def beginning(word: str) -> str:
    """The ``tsquery`` for words that begin like this one."""
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*"


_KEYS: Mapping[Order, str] = {
    "activity": "greatest(phase_since, interest_as_of)",
    "interest": INTEREST_ORDER.format("lead"),
    "fit": "lead.fit_points",
    "id": "lead.id",
}
_LEVEL = f"4 - width_bucket({POINTS_NOW}, cast(:floors AS float8[]))"


def _conditions(
    connection: Connection, rules: ScoringPolicy, wanted: LeadFilter, now: datetime
) -> tuple[list[str], dict[str, object]]:
    conditions, values = searched(connection, wanted.search)
    # Nobody is left to be found in the shell of an erased lead.
    conditions.append(f"phase_reason <> '{ERASED}'")
    for name, condition in _ANY_OF.items():
        if chosen := getattr(wanted, name):
            conditions.append(condition.format(f"= ANY (:{name})"))
            values[name] = ["" if one == NOT_STARTED else one for one in chosen]
    if wanted.team is not None:
        conditions.append(f"({_OF_TEAM} OR stage = :customer)" if wanted.customers else _OF_TEAM)
        values |= {"team": wanted.team, "customer": Stage.CUSTOMER}
    for name, condition in _EQUAL.items():
        if (one := getattr(wanted, name)) is not None:
            conditions.append(condition)
            values[name] = one
    conditions += [LACKING[one] for one in wanted.without if one in LACKING]
    if wanted.did in DEEDS:
        conditions.append(
            "EXISTS (SELECT FROM engagement WHERE engagement.lead_id = lead.id "
            "AND engagement.kind = ANY (:deeds) AND engagement.at >= :since)"
        )
        values |= {"deeds": list(DEEDS[wanted.did]), "since": wanted.since}
    if wanted.behind is not None:
        counted = statement(wanted.behind)
        conditions.append(f"id IN ({counted.sql})")
        values |= counted.values
    if wanted.recycled is not None:
        conditions.append("phase = :recycled" if wanted.recycled else "phase <> :recycled")
        values["recycled"] = Phase.RECYCLE
    if wanted.suppressed is not None:
        negation = "" if wanted.suppressed else "NOT "
        conditions.append(
            f"{negation}({WAITING} OR "
            "EXISTS (SELECT FROM suppression WHERE email_key = lead.email_key))"
        )
    if wanted.grade:
        conditions.append(f"coalesce(nullif(fit, ''), :unjudged) || {_LEVEL} = ANY (:grades)")
        values |= {
            "now": now,
            "half_life": rules.half_life.length.total_seconds(),
            "floors": [float(rules.levels[level]) for level in reversed(LEVELS[:-1])],
            "unjudged": standing_of(rules, "", 0).grade[0],
            "grades": [grade for one in wanted.grade for grade in _grades(rules, one)],
        }
    return conditions, values


_ANY_OF = {
    "lead": "id {}",
    "stage": "stage {}",
    "phase": "phase {}",
    "owner": "owner {}",
    "country": "country {}",
    "source": "source {}",
    "cadence": "id IN (SELECT lead_id FROM enrollment WHERE ended_at IS NULL "
    "AND cadence_version_id IN (SELECT id FROM cadence_version WHERE name {}))",
    "segment": "id IN (SELECT lead_id FROM segment_member "
    "WHERE segment_id IN (SELECT id FROM segment WHERE name {}))",
}
_EQUAL = {"account": "account_id = cast(:account AS bigint)"}
_OF_TEAM = "owner IN (SELECT code FROM rep WHERE rep.team = :team)"


def _grades(rules: ScoringPolicy, wanted: str) -> Sequence[str]:
    """The grades, such as B2, that a word of the filter names; none for what is no grade."""
    every = [(letter, level) for letter in LETTERS for level in LEVELS]
    if wanted in MEANINGS:
        meant = [one for one in every if rules.matrix[one[0]][one[1] - 1] == wanted]
    elif match := _GRADE.fullmatch(wanted):
        meant = [one for one in every if match[1] in ("", one[0]) and match[2] in ("", str(one[1]))]
    else:
        meant = []
    return [f"{letter}{level}" for letter, level in meant]


def _line(rules: ScoringPolicy, row: Row[Any], now: datetime) -> FoundLead:
    points = points_now(rules, Interest(row.interest, row.interest_as_of), now)
    standing = standing_of(rules, row.fit, points)
    values = {name: row._mapping[name] for name in _AS_THEY_ARE}
    return FoundLead(
        **values,
        score=points,
        grade=standing.grade,
        fit=standing.grade[0],
        interest=standing.level,
        mark=LeadCursor(row.key, row.id),
    )


_AS_THEY_ARE = [
    one.name
    for one in fields(FoundLead)
    if one.name not in ("score", "grade", "fit", "interest", "mark")
]
