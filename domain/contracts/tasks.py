"""The kinds of task, the dispositions they end with, and how one ended, as Temporal is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TaskKind(StrEnum):
    """What a task asks of a person; ``domain/tasks/rules.py`` says what each may end with."""

    QUALIFY = "qualify"
    CALL = "call"
    CADENCE = "cadence"
    MEETING_OUTCOME = "meeting_outcome"
    OPPORTUNITY = "opportunity"
    LOSS_REVIEW = "loss_review"
    HAND_OVER = "hand_over"
    CUSTOMER_QUESTION = "customer_question"
    LEAD_MESSAGE = "lead_message"
    RENEWAL = "renewal"
    UPSELL = "upsell"
    TO_DO = "to_do"
    """What somebody wants to do by a time of their own; no workflow waits for it."""


class Disposition(StrEnum):
    """The code with which a person ends a task."""

    ACCEPT = "accept"
    ACCEPT_AND_CALL = "accept_and_call"
    RETURN = "return"
    MEETING_BOOKED = "meeting_booked"
    CONNECTED = "connected"
    MEANINGFUL = "meaningful"
    CALL_BACK = "call_back"
    LEFT_VOICEMAIL = "left_voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    NOT_INTERESTED = "not_interested"
    UNQUALIFIED = "unqualified"
    DONE = "done"
    SKIPPED = "skipped"
    HELD = "held"
    NOT_A_FIT = "not_a_fit"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    ADVANCED = "advanced"
    IN_PROGRESS = "in_progress"
    HELP = "help"
    NO_HELP = "no_help"
    WON = "won"
    LOST = "lost"
    NO_OUTCOME = "no_outcome"
    RENEWED = "renewed"
    NOT_NOW = "not_now"


class Undone(StrEnum):
    """How a task ended that no person finished."""

    WITHDRAWN = "withdrawn"
    """It was no longer needed."""
    EXPIRED = "expired"
    """Its deadline passed."""


ACCEPTS = (Disposition.ACCEPT, Disposition.ACCEPT_AND_CALL)
"""Dispositions with which a rep takes a lead on."""
CLOSES_OPPORTUNITY = (Disposition.WON, Disposition.LOST, Disposition.NO_OUTCOME)
"""Dispositions that end an opportunity."""
OUT_FOR_GOOD = "disqualify:"
"""How the reason of a returned lead begins that does not come back."""


@dataclass(frozen=True)
class TaskResult:
    """How a task ended.

    ``reason`` is the code that the journey goes on with, ``ref`` the row that was made on the way
    (a meeting's id; 0 for none). What else the person entered stays in the database.
    """

    task_id: int
    disposition: Disposition | Undone
    reason: str = ""
    ref: int = 0
