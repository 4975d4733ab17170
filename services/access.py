"""Who may do what, and the record of who did what: the same for the API, the console and the
command line."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, SQLAlchemyError

from domain.access import ALLOWED, Action, Role
from domain.not_ready import NotReady
from domain.refusals import Forbidden, Invalid, Missing, Refusal, Unavailable
from domain.sentences import sentence
from services.context import Context
from store.access.api_tokens import Caller, begin_change, end_change
from store.engine import AWAY
from store.identities.merged_leads import merged_into
from store.views.visible import lead_is_visible, lead_of_visible_task

C = TypeVar("C", bound=Context)
P = ParamSpec("P")
Result = TypeVar("Result")

MADE, NOBODY_KNOWS = 200, 500
"""What the record says of a change that was made, and of one that ended nobody knows how."""
LONGEST = 2000
"""Characters of JSON that a kept value may have; of a longer list its length is kept."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Act:
    """What a function that changes something does, and how the record knows it: by ``method`` and
    ``path`` under ``/api``, with the names of arguments in braces. ``keep`` are arguments, or
    fields of one, that are on record."""

    action: Action
    method: str
    path: str
    keep: Sequence[str]


_acts: dict[Callable[..., Any], Act] = {}


def authorise(caller: Caller, action: Action) -> None:
    """Whether this caller's role may do that.

    Raises:
        Forbidden: it may not.
    """
    if caller.role in ALLOWED[action]:
        return
    raise Forbidden(
        sentence(
            "The role {role} may not {action}; {roles} may.",
            role=caller.role,
            action=action,
            roles=sorted(ALLOWED[action]),
        )
    )


def changes(
    action: Action, route: str, keep: Sequence[str] = ()
) -> Callable[
    [Callable[Concatenate[C, Caller, P], Result]], Callable[Concatenate[C, Caller, P], Result]
]:
    """The way to each function that changes something: its caller must be allowed to, and the
    change is on the audit record, before it is made and with what came of it.

    Args:
        route: method and path under ``/api`` by which the record knows the act; names in braces
            are arguments of the function.
        keep: what of the arguments is on record, or of the fields of one: codes, names of programs
            and colleagues, nothing about a lead.
    """
    method, path = route.split(" ")
    what = Act(action, method, path, keep)

    def decorate(
        act: Callable[Concatenate[C, Caller, P], Result],
    ) -> Callable[Concatenate[C, Caller, P], Result]:
        asks = inspect.signature(act)

        @functools.wraps(act)
        def acted(context: C, caller: Caller, /, *args: P.args, **kwargs: P.kwargs) -> Result:
            authorise(caller, action)
            given = asks.bind(context, caller, *args, **kwargs).arguments
            asked = worth_keeping(keep, list(given.items())[2:])
            with context.database.begin() as connection:
                change = begin_change(
                    connection, caller, method, f"/api{path.format_map(given)}", asked
                )
            status = NOBODY_KNOWS
            try:
                done = act(context, caller, *args, **kwargs)
                status = MADE
            except Refusal as refusal:
                status = refusal.status
                raise
            except DataError:
                status = Invalid.status
                raise
            except (NotReady, *AWAY):
                status = Unavailable.status
                raise
            finally:
                _end(context, change, status)
            return done

        _acts[acted] = what
        return acted

    return decorate


def _end(context: Context, change: int, status: int) -> None:
    """Complete the record. What was done is done: when this can't be written, it is no reason to
    say that it was not."""
    try:
        with context.database.begin() as connection:
            end_change(connection, change, status)
    except SQLAlchemyError as error:
        log.error("the record of a change lacks its end", change=change, error=type(error).__name__)


def worth_keeping(keep: Sequence[str], given: Sequence[tuple[str, object]]) -> dict[str, Any]:
    """What of the arguments of an act goes on record; nothing that was left out."""
    kept = {}
    for name in keep:
        for argument, value in given:
            chosen = value if argument == name else getattr(value, "__dict__", {}).get(name)
            if chosen not in (None, "", []):
                kept[name] = _short(chosen)
    return kept


def _short(value: object) -> object:
    if isinstance(value, Mapping):
        value = list(value)
    if isinstance(value, list):
        # Of files that are published their names.
        value = [getattr(one, "name", one) for one in value]
    if isinstance(value, date):
        value = value.isoformat()
    if len(json.dumps(value)) <= LONGEST:
        return value
    return f"{len(value)}" if isinstance(value, list) else "…"


def act_of(function: Callable[..., Any]) -> Act | None:
    """What a function that :func:`changes` something does; None for any other."""
    return _acts.get(function)


def team_of(caller: Caller) -> str | None:
    """The team whose leads the caller sees; None for all."""
    return caller.team if caller.of_one_team else None


def sees_customers(caller: Caller) -> bool:
    """Whether the caller sees all customers beside the leads of the team."""
    return caller.role == Role.SUCCESS


def found(thing: Result | None, sentence: str) -> Result:
    """What there is.

    Raises:
        Missing: nothing is; with this sentence.
    """
    if thing is None:
        raise Missing(sentence)
    return thing


def may_see(connection: Connection, caller: Caller, lead_id: int) -> None:
    """Whether the caller may see this lead: an SDR those of the team, customer success all
    customers besides.

    Raises:
        Missing: there is none, or it is another team's.
    """
    team = team_of(caller)
    if not lead_is_visible(connection, lead_id, team, customers=sees_customers(caller)):
        if into := merged_into(connection, [lead_id]):
            raise Missing(
                sentence(
                    "lead-{lead} was merged into lead-{into}: look there.",
                    lead=lead_id,
                    into=into[lead_id],
                )
            )
        raise Missing(
            sentence("There is no lead {lead}.", lead=lead_id)
            if team is None
            else sentence("There is no lead {lead} among those of your team.", lead=lead_id)
        )


def may_see_task(connection: Connection, caller: Caller, task_id: int) -> int:
    """The lead of a task that the caller may see: an SDR those of the team's leads and of the team.

    Raises:
        Missing: there is none, or it is another team's.
    """
    team = team_of(caller)
    lead_id = lead_of_visible_task(connection, task_id, team)
    return found(
        lead_id,
        sentence("There is no task {task}.", task=task_id)
        if team is None
        else sentence("There is no task {task} among those of your team.", task=task_id),
    )
