"""What a task asks, as sentences: of its kind and the facts that its row keeps, for whoever reads
it. What marketing wrote stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from domain.contracts.journey import EventCode
from domain.contracts.tasks import TaskKind
from domain.sentences import Sentence, Value
from domain.tasks.rules import TASKS
from domain.translations.translator import N_

Facts = Mapping[str, Any]
"""Codes, numbers and times (ISO 8601) that the sentences about a task are made of. ``case`` tells
apart what tasks of one kind are about."""

_TITLES: Mapping[tuple[TaskKind, str], str] = {
    (TaskKind.QUALIFY, ""): N_("Accept or return this lead"),
    (TaskKind.CALL, ""): N_("Call, attempt {attempt} of {attempts}"),
    (TaskKind.MEETING_OUTCOME, ""): N_("Record how the meeting went"),
    (TaskKind.OPPORTUNITY, ""): N_("Move the opportunity on from {stage}"),
    (TaskKind.OPPORTUNITY, "warn"): N_("The opportunity stands still in {stage}: move it on"),
    (TaskKind.OPPORTUNITY, "help"): N_(
        "Marketing helps with the opportunity in {stage}: move it on"
    ),
    (TaskKind.OPPORTUNITY, "return"): N_("Return the opportunity in {stage}, or say what moves it"),
    (TaskKind.LOSS_REVIEW, ""): N_("Review how the opportunity was lost"),
    (TaskKind.HAND_OVER, "gone"): N_("Hand the customer over"),
    (TaskKind.CUSTOMER_QUESTION, ""): N_("This customer has written: answer"),
    (TaskKind.CUSTOMER_QUESTION, EventCode.BOOKED): N_(
        "This customer has booked a meeting: prepare it"
    ),
    (TaskKind.CUSTOMER_QUESTION, EventCode.SCORE_REACHED): N_(
        "This customer shows interest in more: ask"
    ),
    (TaskKind.LEAD_MESSAGE, ""): N_("Answer what this lead wrote"),
    (TaskKind.LEAD_MESSAGE, "proposed"): N_("This lead proposes another time for its meeting"),
    (TaskKind.RENEWAL, ""): N_("Renew with this customer by {on}"),
    (TaskKind.UPSELL, ""): N_("Ask this customer what else would help, by {on}"),
}
_INSTRUCTIONS: Mapping[tuple[TaskKind, str], str] = {
    (TaskKind.QUALIFY, ""): N_(
        "Look at the score and the history: accept the lead, or return it with a reason."
    ),
    (TaskKind.CALL, ""): N_("Aim for an appointment, or agree on a time to call again."),
    (TaskKind.OPPORTUNITY, "warn"): N_("It was expected to take {span}."),
    (TaskKind.OPPORTUNITY, "help"): N_(
        "Marketing writes to the lead until the opportunity moves, the lead replies, or you need "
        "no help."
    ),
    (TaskKind.OPPORTUNITY, "return"): N_(
        "Nothing has moved it. Unanswered, it counts as stalled after {span}."
    ),
    (TaskKind.LOSS_REVIEW, ""): N_("Lost in {stage}: {reason}."),
    (TaskKind.HAND_OVER, "gone"): N_(
        "The policy does not name this task any more: skip it if nothing is left to do."
    ),
    (TaskKind.CUSTOMER_QUESTION, ""): N_("See what it was in the lead's history."),
    (TaskKind.LEAD_MESSAGE, ""): N_(
        "It wrote while it has an appointment or an opportunity is open: read it in the history, "
        "answer, and move or call off what it asks for."
    ),
    (TaskKind.LEAD_MESSAGE, "proposed"): N_(
        "It asks for {at} in answer to the invitation. Move the meeting, or agree on another time."
    ),
}
_BESIDE: Mapping[str, str] = {
    "competitor": N_("It went to {competitor}."),
    "help_after": N_(
        "If it has not moved in {help_after}, marketing writes to the lead, unless you need no "
        "help."
    ),
}
"""What a fact adds to the instructions."""


def title_of(kind: str, attempt: int, facts: Facts, written: str) -> str:
    """What is to be done, in a line.

    Args:
        written: the title that marketing gave it; '' for none.
    """
    pattern = _pattern(_TITLES, kind, facts)
    if pattern is None:
        return written
    try:
        return Sentence(pattern, {"attempts": attempt, **_values(facts), "attempt": attempt})
    except KeyError:  # A row whose facts nobody wrote says at least what kind of task it is.
        return written or Sentence(TASKS[TaskKind(kind)].label, {})


def instructions_of(kind: str, facts: Facts, written: str) -> list[str]:
    """How to go about it, in sentences; none where the ways to end it say all.

    Args:
        written: what marketing wrote of it; '' for nothing.
    """
    patterns = [_pattern(_INSTRUCTIONS, kind, facts)]
    patterns += [pattern for name, pattern in _BESIDE.items() if facts.get(name)]
    said = [Sentence(pattern, _values(facts)) for pattern in patterns if pattern]
    return [*said, *filter(None, [written])]


def questions_of(facts: Facts) -> list[str]:
    """What a review asks, as the policy has it."""
    return [str(one) for one in facts.get("questions", ())]


def _pattern(patterns: Mapping[tuple[TaskKind, str], str], kind: str, facts: Facts) -> str | None:
    one = TaskKind(kind)
    return patterns.get((one, facts.get("case", ""))) or patterns.get((one, ""))


def _values(facts: Facts) -> dict[str, Value]:
    values: dict[str, Value] = {
        name: value for name, value in facts.items() if isinstance(value, str | int)
    }
    if "on" in facts:
        values["on"] = date.fromisoformat(facts["on"])
    if "at" in facts:
        values["at"] = datetime.fromisoformat(facts["at"])
    return values
