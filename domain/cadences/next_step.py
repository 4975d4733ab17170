"""What a lead's journey does next in its cadence, decided from facts alone.

Activities fetch the facts, send what is to be sent, and write down what was decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from domain.cadences.cadence import END, Cadence, EmailStep
from domain.cadences.planner import PlannedStep, next_move
from domain.contracts.journey import EventCode
from domain.contracts.waits import Obstacle
from domain.time.window import next_opening

# Timers and clocks agree to well under this; what is due within it is due now.
DUE_TOLERANCE = timedelta(seconds=5)
LOOK_AGAIN = timedelta(days=365)
"""How long a touch rests whose account is kept out of marketing for good, or whose cadence is
paused, before it looks again."""
JUST_OVER = timedelta(hours=1)
"""For so long after a meeting's end its lead may be written to at any hour."""


@dataclass(frozen=True)
class Position:
    """Where a lead stands in its cadence, and all else that decides its next step. Times are
    journey time, UTC.

    Attributes:
        facts: what conditions of branches may ask for.
        after_meeting: whether the cadence follows a meeting: then it is no marketing.
        meeting_ended_at: when that meeting ended, or will.
        do_not_market: whether sales keeps the account out of marketing, until
            ``do_not_market_until`` or (None) for good.
        back_at: when a lead that is away is back.
        sent_before: the templates that an earlier cycle sent the lead.
        planned_step: the step that is waited for; ``counted_from`` and ``counted_since`` say from
            which step on, and since when, its waits were counted.
        put_off_from: when the planned step, which had to wait, was due.
        returned: the step of a mail that was refused after it had been accepted.
        paused: whether the cadence's touches wait until somebody resumes it.
    """

    cadence: Cadence
    facts: Mapping[str, Any] = field(default_factory=dict)
    time_zone: str = "UTC"
    country: str = ""
    after_meeting: bool = False
    meeting_ended_at: datetime | None = None
    do_not_market: bool = False
    do_not_market_until: datetime | None = None
    back_at: datetime | None = None
    sent_before: frozenset[str] = frozenset()
    planned_step: str = END
    counted_from: str = END
    counted_since: datetime | None = None
    put_off_from: datetime | None = None
    returned: str | None = None
    paused: bool = False


@dataclass(frozen=True)
class Due:
    """The step that a journey has waited for, until ``at`` by its plan.

    Attributes:
        completed: whether a person has done it.
        begun: the e-mail step that an earlier attempt has begun to send, '' for none. It is
            finished, come what may.
        answered: what the lead has done since that ends the cadence, '' for nothing.
    """

    step: str
    at: datetime
    completed: bool = False
    begun: str = ""
    answered: str = ""


@dataclass(frozen=True)
class NextStep:
    """What is decided as of ``now`` (journey time, UTC).

    With ``sends`` the mail of ``move.step`` goes now, and :func:`after_sending` says what follows;
    else the journey waits for ``move``. An ``obstacle`` says why it waits for a mail that has been
    due since ``put_off_from``.
    """

    move: PlannedStep
    now: datetime
    sends: bool = False
    obstacle: Obstacle | None = None
    put_off_from: datetime | None = None


def first_step(position: Position, now: datetime, *, ready: bool = False) -> NextStep:
    """What a lead that begins a cadence does first; one that is ``ready`` for sales leaves."""
    if ready:
        return NextStep(PlannedStep("exit", END, now, EventCode.SCORE_REACHED), now)
    return NextStep(_move(position, position.cadence.first, now), now)


def next_step(position: Position, due: Due, now: datetime, *, late: timedelta) -> NextStep:
    """What follows when the journey looks at its plan, because it is due or the world has changed.

    A step that is not due is planned anew: a calendar, a time zone or the send window may have
    changed. A mail that was refused for a reason of ours after it had been accepted is sent first,
    and the cadence goes on from there.

    Args:
        late: how late a busy system may get to a step that counts as on time all the same: it is
            judged as of when it was due.
    """
    if due.answered:
        return NextStep(PlannedStep("exit", END, now, due.answered), now)
    step, at = due.begun or due.step, due.at
    if not due.begun:
        if position.put_off_from:
            # What it waited for may be over, or shorter.
            at = min(at, position.put_off_from)
        if due.completed:
            step = position.cadence.successor(step)
        elif position.returned and position.returned != step:
            step, at = position.returned, min(at, now)
    if at - now > DUE_TOLERANCE:
        return NextStep(_counted_anew(position, step, at, now), now)
    now = max(now, at)
    on_time = not due.completed and now - at <= late
    move = _move(position, step, at if on_time else now)
    if move.kind not in ("send", "task") or move.due > now:
        return NextStep(move, now)
    if due.begun:
        return NextStep(move, now, sends=True)
    if position.paused:
        return _put_off(position, move, Obstacle.CADENCE_PAUSED, now + LOOK_AGAIN, now)
    return _sent_unless(position, move, now) if move.kind == "send" else NextStep(move, now)


def after_sending(
    position: Position,
    sent: NextStep,
    *,
    obstacle: Obstacle | None = None,
    until: datetime | None = None,
) -> NextStep:
    """What follows a mail that was handed over, or that met an ``obstacle`` (``until`` when it may
    be tried again; None: now)."""
    if obstacle is not None:
        return _put_off(position, sent.move, obstacle, max(until or sent.now, sent.now), sent.now)
    return NextStep(_move(position, position.cadence.successor(sent.move.step), sent.now), sent.now)


def _sent_unless(position: Position, move: PlannedStep, now: datetime) -> NextStep:
    """The mail that is due, unless it has to wait or was sent before, and once is enough."""
    until, latest = position.do_not_market_until, now + LOOK_AGAIN
    if not position.after_meeting:
        if position.do_not_market and (until is None or until > now):
            ends = min(until or latest, latest)
            return _put_off(position, move, Obstacle.DO_NOT_MARKET, ends, now)
        if position.back_at and position.back_at > now:
            return _put_off(position, move, Obstacle.AWAY, position.back_at, now)
    step = position.cadence.step(move.step)
    if isinstance(step, EmailStep) and step.email in position.sent_before and not step.again:
        return NextStep(_move(position, position.cadence.successor(move.step), now), now)
    return NextStep(move, now, sends=True)


def _put_off(
    position: Position, move: PlannedStep, obstacle: Obstacle, until: datetime, now: datetime
) -> NextStep:
    """The same step at the next opening of its window from ``until`` on."""
    due = next_opening(position.cadence.window, until, position.time_zone, position.country)
    later = replace(move, due=due, counted_from=move.step, counted_since=until)
    # A cap is looked at when the mail is due, and what has room keeps it.
    put_off_from = None if obstacle == Obstacle.CAPPED else move.due
    return NextStep(later, now, obstacle=obstacle, put_off_from=put_off_from)


def _counted_anew(position: Position, step: str, at: datetime, now: datetime) -> PlannedStep:
    """What a plan that is not due comes to by the lead's time zone, country and calendar of now,
    which may be earlier or later: its waits are counted once more from where they began."""
    if position.counted_since is None or position.planned_step != step:
        return _move(position, step, at)
    return next_move(
        position.cadence,
        position.counted_from,
        position.counted_since,
        position.facts,
        time_zone=position.time_zone,
        country=position.country,
        earliest=now,
    )


def _move(position: Position, step: str, now: datetime) -> PlannedStep:
    """What comes next from ``step``. A mail with which a cadence after a meeting begins does not
    wait for the window while the meeting is just over: the lead chose the hour."""
    move = next_move(
        position.cadence,
        step,
        now,
        position.facts,
        time_zone=position.time_zone,
        country=position.country,
    )
    waits = move.kind == "send" and move.due > now and move.step == position.cadence.first
    ended = position.meeting_ended_at if position.after_meeting else None
    if waits and ended is not None and now - JUST_OVER <= ended:
        return replace(move, due=now)
    return move
