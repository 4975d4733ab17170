"""A team in a real database, and leads on their way to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from domain.contracts.journey import Phase, PhaseEntry
from domain.sales.team import TeamPolicy
from store.journeys.journeys import record_entry
from store.published.policies import publish_policy
from tests.support.scored_leads import Book

FRIDAY = datetime(2026, 10, 23, 7, 0, tzinfo=UTC)
"""Nine in Berlin, whose clocks go back on the Sunday; Monday the 26th is Austria's holiday."""
VIENNA = {
    "time_zone": "Europe/Vienna",
    "hours": {"mon-fri": ["09:00-17:00"]},
    "holidays": "AT",
}
"""A calendar with a DST change and, on 26 October, a holiday on the working day after FRIDAY."""

_RUNS = itertools.count()


def rep(code: str, **more: Any) -> dict[str, Any]:
    """A rep."""
    return {"code": code, "name": f"Rep {code}", "email": f"{code}@x.example", **more}


def team(*reps: dict[str, Any], **more: Any) -> TeamPolicy:
    """A team of these reps."""
    return TeamPolicy.model_validate({"policy": "team", "reps": list(reps), **more})


def publish(book: Book, policy: TeamPolicy) -> None:
    """Publish the team."""
    with book.database.begin() as connection:
        publish_policy(connection, repr(policy), policy)


def enter(book: Book, lead: int, phase: Phase = Phase.FOLLOW_UP, now: datetime = FRIDAY) -> str:
    """Record that the lead enters a phase; its owner."""
    stage = "mql" if phase == Phase.FOLLOW_UP else "recycled"
    entry = PhaseEntry(lead, f"run-{next(_RUNS)}", phase, stage, "score_reached", 1)
    with book.database.begin() as connection:
        return record_entry(connection, entry, now).owner


def escalate(book: Book, leads: Iterable[int], threads: int = 8) -> None:
    """Let leads come to sales all at once."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda lead: enter(book, lead), leads))


def owners(book: Book) -> dict[str, int]:
    """How many leads in sales' hands each rep owns; '' is the unassigned queue."""
    found = book.values("SELECT owner FROM lead WHERE phase = 'FollowUp'")
    return {owner: found.count(owner) for owner in set(found)}


def task(book: Book, lead: int, **columns: Any) -> int:
    """An open task of the lead's owner; its id."""
    values: dict[str, Any] = {
        "key": f"task-{next(_RUNS)}",
        "lead_id": lead,
        "kind": "qualify",
        "title": "Accept or return",
        "state": "open",
        "opened_at": FRIDAY,
        "due_in": "4 business hours",
        "due_at": FRIDAY,
        "deadline_at": datetime(2027, 1, 1, tzinfo=UTC),
        "owner": book.value("SELECT owner FROM lead WHERE id = :lead", lead=lead),
        **columns,
    }
    names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    return int(
        book.value(
            f"INSERT INTO task ({names}, dispositions) VALUES ({places}, '[]') RETURNING id",
            **values,
        )
    )
