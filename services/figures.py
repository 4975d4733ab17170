"""Figures: who may see which, of which time, and split by what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from domain.access import Action, Role
from domain.figures.funnel import Dimension, Funnel, FunnelReport, Kind, Mode, Question, report
from domain.figures.periods import period, today_in
from domain.figures.stages import DAY
from domain.refusals import Invalid
from domain.sentences import sentence
from services.access import authorise, team_of
from services.context import Context
from store.access.api_tokens import Caller
from store.figures import funnel as facts
from store.figures.refresh import AT_A_LOOK, leads_behind, refresh, sort_in_memory

NAMED_FROM = 5
"""Marketing sees no rep by name of whom there are fewer cases."""
Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True)
class FigureQuery:
    """A figure as people and programs ask for it; what is left out is chosen for them.

    ``begins`` and ``ends`` are days of the company's zone, the second after the period; ``by`` and
    the keys of ``only`` are dimensions, ``mode`` is cohort or activity, ``window`` in days.
    """

    begins: date | None = None
    ends: date | None = None
    by: str | None = None
    window: int | None = None
    mode: str = Mode.COHORT
    only: Mapping[str, str] = field(default_factory=dict)
    imported: bool | None = None


@contextmanager
def fresh_facts(context: Context) -> Iterator[tuple[Connection, int]]:
    """A connection to count by, after the facts of a few leads were made anew, so that people see
    what they have just done; and of how many leads they are behind still."""
    with context.database.begin() as connection:
        refresh(connection, most=AT_A_LOOK)
    with context.database.connect() as connection:
        sort_in_memory(connection)
        yield connection, leads_behind(connection)


def funnel(context: Context, caller: Caller, asked: FigureQuery) -> FunnelReport:
    """The funnel as it is now; for an SDR that of the team.

    Raises:
        Forbidden: the caller may not read figures.
        Invalid: an unknown dimension or mode, a period in the future, a window longer than there
            are data; or marketing asks for a rep of whom there are few cases.
    """
    authorise(caller, Action.READ_FIGURES)
    with fresh_facts(context) as (connection, behind):
        question = question_of(context, connection, caller, asked)
        fold: list[str] = []
        if caller.role == Role.MARKETING and Dimension.OWNER in (question.by, *question.only):
            fold = facts.owners_with_few(connection, question, NAMED_FROM)
        if question.only.get(Dimension.OWNER) in fold:
            raise too_few()
        if question.mode == Mode.COHORT:
            found = report(question, facts.cohort_counts(connection, question, fold))
        else:
            found = report(
                question,
                facts.activity_counts(connection, question, fold),
                facts.move_counts(connection, question, fold),
            )
    return replace(found, behind=behind)


def question_of(
    context: Context, connection: Connection, caller: Caller, asked: FigureQuery
) -> Question:
    """What is asked for, understood; narrowed to what the caller may see.

    Raises:
        Invalid: see :func:`funnel`.
    """
    now = context.clock.now()
    time_zone = context.settings.company_time_zone
    first = facts.first_day(connection)
    only = {one_of(Dimension, name, name): value for name, value in asked.only.items()}
    team = team_of(caller)
    if team is not None and only.setdefault(Dimension.TEAM, team) != team:
        raise Invalid(sentence("You see figures of your own team only."), Dimension.TEAM)
    return Question(
        period=period(
            asked.begins,
            asked.ends,
            first=today_in(time_zone, first or now),
            time_zone=time_zone,
            now=now,
        ),
        now=now,
        by=one_of(Dimension, asked.by, "by") if asked.by else None,
        window=_window(asked.window, first, now),
        mode=one_of(Mode, asked.mode, "mode"),
        only=only,
        imported=asked.imported,
    )


def recent(
    context: Context, connection: Connection, caller: Caller, asked: FigureQuery, days: int
) -> Question:
    """What is asked for, understood; the last so many ``days`` where no first day is named.

    Raises:
        Invalid: see :func:`funnel`.
    """
    if asked.begins is None:
        asked = replace(asked, begins=last_end(context, asked.ends) - timedelta(days=days))
    return question_of(context, connection, caller, asked)


def last_end(context: Context, ends: date | None) -> date:
    """The day after the last one that can be counted until ``ends``: tomorrow at most."""
    today = today_in(context.settings.company_time_zone, context.clock.now())
    tomorrow = today + timedelta(days=1)
    return min(ends or tomorrow, tomorrow)


def of_own_leads(caller: Caller, question: Question) -> Question:
    """What is asked for; for an SDR of the own leads, whoever else is in the team.

    Raises:
        Invalid: an SDR asks for those of somebody else.
    """
    if caller.role != Role.SDR:
        return question
    own = dict(question.only)
    if own.setdefault(Dimension.OWNER, caller.rep) != caller.rep:
        raise Invalid(sentence("You see figures of your own leads only."), Dimension.OWNER)
    own.pop(Dimension.TEAM, None)
    return replace(question, only=own)


def one_of(known: Iterable[Choice], written: str, field: str) -> Choice:
    """The one of these that is written.

    Raises:
        Invalid: there is no such; of this field.
    """
    for one in known:
        if one == written:
            return one
    raise Invalid(
        sentence(
            "There is no '{written}': choose one of {known}.",
            written=written,
            known=[str(one) for one in known],
        ),
        field,
    )


def too_few(field: str = "owner") -> Invalid:
    """The refusal of figures of a rep whom marketing does not see; of this field."""
    return Invalid(
        sentence(
            "Marketing sees no rep of whom there are fewer than {least} cases.", least=NAMED_FROM
        ),
        field,
    )


def refuse_one_rep(asked: FigureQuery) -> None:
    """Marketing does not see the months of a rep: each has few cases.

    Raises:
        Invalid: one rep is asked for.
    """
    if Dimension.OWNER in asked.only:
        raise Invalid(sentence("Marketing sees no months of one rep."), Dimension.OWNER)


def _window(days: int | None, first: datetime | None, now: datetime) -> int | None:
    if days is None:
        return None
    if days < 1:
        raise Invalid(sentence("A window has at least one day."), "window")
    known = int((now - first).total_seconds() / DAY) if first else 0
    if days > known:
        raise Invalid(
            sentence(
                "A window of {days} days is longer than there are data, which is {known} days: "
                "nothing could be old enough.",
                days=days,
                known=known,
            ),
            "window",
        )
    return days


def funnel_rows(found: FunnelReport) -> list[dict[str, object]]:
    """The funnel as a table: a row for each stage of each group. ``value`` is that of the split,
    None for all; ``kind`` is all, net_new or recycled."""
    groups: list[tuple[str | None, str, Funnel]] = [
        (None, "all", found),
        (None, Kind.NET_NEW, found.net_new),
        (None, Kind.RECYCLED, found.recycled),
        *((part.value, part.kind, part.funnel) for part in found.parts),
    ]
    return [
        {"value": value, "kind": kind, **asdict(stage)}
        for value, kind, funnel in groups
        for stage in funnel.stages
    ]
