"""What a journey does next in its cadence: a wrong row here is a mail too many, or one too few."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.cadences.cadence import END, Cadence
from domain.cadences.next_step import (
    LOOK_AGAIN,
    Due,
    NextStep,
    Position,
    after_sending,
    first_step,
    next_step,
)
from domain.cadences.planner import EXHAUSTED, PlannedStep
from domain.contracts.waits import Obstacle

NOW = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)  # a Wednesday, inside the window
NIGHT = datetime(2026, 6, 3, 22, 0, tzinfo=UTC)
MORNING = datetime(2026, 6, 4, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = timedelta(minutes=10)
TWO_MAILS = Cadence.model_validate(
    {"cadence": "test", "steps": [{"email": "a"}, {"wait": "2 days"}, {"email": "b"}]}
)
TASK = Cadence.model_validate(
    {"cadence": "test", "steps": [{"task": {"title": "Call"}}, {"email": "a"}]}
)
A = Due("email-a", NOW)


def decided(position: Position, due: Due = A, now: datetime = NOW) -> NextStep:
    return next_step(position, due, now, late=LATE)


@pytest.mark.parametrize(
    ("facts", "due", "now", "expected"),
    [
        ({}, {}, NOW, ("now", "email-a", NOW)),
        # Not due: planned, and not done.
        ({}, {"at": NOW + HOUR}, NOW, ("plan", "email-a", NOW + HOUR)),
        # Due in the last minutes of the window: on time all the same, for a busy system.
        ({}, {"at": NIGHT - 6 * HOUR}, NIGHT - 6 * HOUR + LATE, ("now", "email-a", None)),
        # Far too late: not in the night.
        ({}, {"at": NIGHT - 6 * HOUR}, NIGHT, ("plan", "email-a", MORNING)),
        # An account out of marketing: at its end, or looked at again next year.
        (
            {"do_not_market": True, "do_not_market_until": NOW + DAY},
            {},
            NOW,
            ("do_not_market", "email-a", NOW + DAY),
        ),
        ({"do_not_market": True}, {}, NOW, ("do_not_market", "email-a", NOW + LOOK_AGAIN)),
        (
            {"do_not_market": True, "do_not_market_until": NOW - DAY},
            {},
            NOW,
            ("now", "email-a", NOW),
        ),
        ({"back_at": NIGHT}, {}, NOW, ("away", "email-a", MORNING)),
        # What follows a meeting is no marketing, and goes to who is away.
        (
            {"do_not_market": True, "back_at": NIGHT, "after_meeting": True},
            {},
            NOW,
            ("now", "email-a", NOW),
        ),
        # The obstacle is over, or shorter: the mail has been due since then.
        ({"put_off_from": NOW - DAY}, {"at": NOW + DAY}, NOW, ("now", "email-a", NOW)),
        # An earlier cycle sent it, and once is enough.
        ({"sent_before": frozenset({"a"})}, {}, NOW, ("plan", "email-b", NOW + 2 * DAY)),
        # What was begun is finished, come what may.
        (
            {"do_not_market": True, "sent_before": frozenset({"a"}), "put_off_from": NOW - DAY},
            {"begun": "email-a"},
            NOW,
            ("now", "email-a", NOW),
        ),
        # A mail that came back for a reason of ours goes first.
        ({"returned": "email-a"}, {"step": "email-b"}, NOW, ("now", "email-a", NOW)),
        (
            {"returned": "email-a"},
            {"step": "email-b", "begun": "email-b"},
            NOW,
            ("now", "email-b", NOW),
        ),
        # What the lead has answered ends a cadence beside its phase, due or not.
        ({}, {"answered": "replied", "at": NOW + DAY}, NOW, ("exit", END, NOW)),
    ],
)
def test_what_a_step_comes_to(
    facts: dict[str, Any],
    due: dict[str, Any],
    now: datetime,
    expected: tuple[str, str, datetime | None],
) -> None:
    what, step, at = expected
    found = decided(Position(TWO_MAILS, **facts), replace(A, **due), now)

    kind = "exit" if found.move.kind == "exit" else found.obstacle or "plan"
    assert ("now" if found.sends else kind, found.move.step) == (what, step)
    assert at in (None, found.move.due)
    assert (found.put_off_from is not None) == (found.obstacle is not None)


def test_a_task_that_is_done_leads_on_from_when_it_was_done() -> None:
    """A mail would be judged as of when the task opened, days ago."""
    done = Due("task-call", NOW - 3 * DAY, completed=True)

    found = decided(Position(TASK, returned="email-a"), done, NIGHT)

    assert (found.sends, found.move) == (False, PlannedStep("send", "email-a", MORNING))


def test_a_plan_that_is_not_due_is_counted_anew_from_where_its_waits_began() -> None:
    """A lead that moved to another continent would be written to in its night."""
    began = NOW - DAY
    waits = Position(
        TWO_MAILS, planned_step="email-b", counted_from="wait-2-days", counted_since=began
    )
    planned = first_step(waits, began)
    later = after_sending(waits, planned).move
    moved = replace(waits, counted_from=later.counted_from, time_zone="Asia/Seoul")

    found = decided(moved, Due("email-b", later.due))

    assert later.due == began + 2 * DAY
    assert not found.sends
    assert found.move.due == datetime(2026, 6, 5, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ended", "at"), [(NIGHT - HOUR, NIGHT), (NIGHT - 2 * HOUR, MORNING), (None, MORNING)]
)
def test_after_a_meeting_the_first_mail_goes_at_any_hour_for_a_while(
    ended: datetime | None, at: datetime
) -> None:
    """Who waited at nine in the evening would hear of it the next day."""
    found = first_step(Position(TWO_MAILS, after_meeting=True, meeting_ended_at=ended), NIGHT)

    assert found.move.due == at
    assert first_step(Position(TWO_MAILS, meeting_ended_at=ended), NIGHT).move.due == MORNING


def test_a_lead_that_is_ready_leaves_before_its_first_mail() -> None:
    found = first_step(Position(TWO_MAILS), NOW, ready=True)

    assert (found.move.kind, found.move.exit_reason) == ("exit", "score_reached")


def test_after_the_last_mail_the_cadence_is_over() -> None:
    found = after_sending(Position(TWO_MAILS), decided(Position(TWO_MAILS), Due("email-b", NOW)))

    assert found.move == PlannedStep("exit", END, NOW, EXHAUSTED)


@pytest.mark.parametrize("obstacle", [Obstacle.CAPPED, Obstacle.RECIPIENT, Obstacle.SENDER])
def test_a_mail_that_meets_an_obstacle_goes_in_its_window_when_that_is_over(
    obstacle: Obstacle,
) -> None:
    """It would go in the night, or the lead would go on without it."""
    position = Position(TWO_MAILS)

    found = after_sending(position, decided(position), obstacle=obstacle, until=NIGHT)

    assert (found.sends, found.obstacle) == (False, obstacle)
    assert (found.move.step, found.move.due) == ("email-a", MORNING)
    assert found.put_off_from == (None if obstacle == Obstacle.CAPPED else NOW)
