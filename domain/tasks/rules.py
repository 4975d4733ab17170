"""The one table of task kinds and dispositions: what each is called, takes and leads to.

Forms, commands, the API's schema and what the store refuses all follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.contracts.tasks import Disposition, TaskKind


@dataclass(frozen=True)
class DispositionRule:
    """What a disposition is called, and what has to be or may be entered with it.

    ``needs_time`` and ``needs_reason`` say what it can't do without and all others can't have;
    with ``may_name_day`` the day on which the lead comes back may be given, with
    ``may_name_competitor`` whom an opportunity was lost to. ``books`` sets a time for a meeting.
    """

    label: str
    needs_time: bool = False
    needs_reason: bool = False
    may_name_day: bool = False
    may_name_competitor: bool = False
    books: bool = False


@dataclass(frozen=True)
class Follows:
    """What a disposition leads to, in a word or two and in a sentence."""

    short: str
    sentence: str


@dataclass(frozen=True)
class TaskRule:
    """What a kind of task is called, and the dispositions it may end with, in the order in which
    they are offered.

    A disposition whose consequence a policy decides leads to None here. ``answers_hot_lead`` says
    whether a lead that shows interest right now has its answer with it, ``records_opportunity``
    whether budget, authority, need and timeline may be entered.
    """

    label: str
    leads_to: Mapping[Disposition, Follows | None]
    answers_hot_lead: bool = False
    records_opportunity: bool = False

    @property
    def dispositions(self) -> tuple[Disposition, ...]:
        """What a task of this kind may end with."""
        return tuple(self.leads_to)


_D = Disposition
DISPOSITIONS: Mapping[Disposition, DispositionRule] = MappingProxyType(
    {
        _D.ACCEPT: DispositionRule("Accept"),
        _D.ACCEPT_AND_CALL: DispositionRule("Accept and call now"),
        _D.RETURN: DispositionRule("Return", needs_reason=True, may_name_day=True),
        _D.MEETING_BOOKED: DispositionRule("Meeting booked", needs_time=True, books=True),
        _D.CONNECTED: DispositionRule("Connected"),
        _D.MEANINGFUL: DispositionRule("Good conversation"),
        _D.CALL_BACK: DispositionRule("Call back", needs_time=True),
        _D.LEFT_VOICEMAIL: DispositionRule("Left voicemail"),
        _D.NO_ANSWER: DispositionRule("No answer"),
        _D.BUSY: DispositionRule("Busy"),
        _D.WRONG_NUMBER: DispositionRule("Wrong number"),
        _D.NOT_INTERESTED: DispositionRule("Not interested", may_name_day=True),
        _D.UNQUALIFIED: DispositionRule("Unqualified"),
        _D.DONE: DispositionRule("Done"),
        _D.SKIPPED: DispositionRule("Skipped"),
        _D.HELD: DispositionRule("Held"),
        _D.NOT_A_FIT: DispositionRule("Not a fit"),
        _D.NO_SHOW: DispositionRule("No-show"),
        _D.CANCELLED: DispositionRule("Cancelled"),
        _D.RESCHEDULED: DispositionRule("Rescheduled", needs_time=True, books=True),
        _D.ADVANCED: DispositionRule("Advanced"),
        _D.IN_PROGRESS: DispositionRule("In progress"),
        _D.HELP: DispositionRule("Ask marketing for help"),
        _D.NO_HELP: DispositionRule("No help needed"),
        _D.WON: DispositionRule("Won"),
        _D.LOST: DispositionRule(
            "Lost", needs_reason=True, may_name_day=True, may_name_competitor=True
        ),
        _D.NO_OUTCOME: DispositionRule("No outcome"),
        _D.RENEWED: DispositionRule("Renewed"),
        _D.NOT_NOW: DispositionRule("Not now"),
    }
)


def spoken(takes: Callable[[DispositionRule], bool]) -> str:
    """The codes of the dispositions whose rule ``takes`` something, for help texts: ``return and
    lost``."""
    *others, last = (code for code, rule in DISPOSITIONS.items() if takes(rule))
    return f"{', '.join(others)} and {last}" if others else last


TIMED = spoken(lambda rule: rule.needs_time)
REASONED = spoken(lambda rule: rule.needs_reason)
DATED = spoken(lambda rule: rule.may_name_day)
LOST_TO = spoken(lambda rule: rule.may_name_competitor)

DONE = Follows("Task is done", "The task is done. Nothing else depends on it.")
BOOKED = Follows("Appointment", "On to the appointment. The lead gets an invitation and reminders.")
_BY_POLICY = None
_JUST_DONE: Mapping[Disposition, Follows | None] = {_D.DONE: DONE, _D.SKIPPED: DONE}

TASKS: Mapping[TaskKind, TaskRule] = MappingProxyType(
    {
        TaskKind.QUALIFY: TaskRule(
            "Accept or return",
            {
                _D.ACCEPT: _BY_POLICY,
                _D.RETURN: _BY_POLICY,
                _D.ACCEPT_AND_CALL: Follows(
                    "Your call now", "The lead is yours, and its first call opens at once."
                ),
            },
            answers_hot_lead=True,
        ),
        TaskKind.CALL: TaskRule(
            "Call",
            {
                _D.MEETING_BOOKED: BOOKED,
                _D.CONNECTED: _BY_POLICY,
                _D.MEANINGFUL: _BY_POLICY,
                _D.CALL_BACK: _BY_POLICY,
                _D.LEFT_VOICEMAIL: _BY_POLICY,
                _D.NO_ANSWER: _BY_POLICY,
                _D.BUSY: _BY_POLICY,
                _D.WRONG_NUMBER: _BY_POLICY,
                _D.NOT_INTERESTED: _BY_POLICY,
                _D.UNQUALIFIED: _BY_POLICY,
            },
            answers_hot_lead=True,
        ),
        TaskKind.CADENCE: TaskRule(
            "Cadence task",
            {
                _D.DONE: Follows("Cadence goes on", "The cadence goes on with its next step."),
                _D.MEETING_BOOKED: BOOKED,
                _D.NOT_INTERESTED: Follows(
                    "Rests", "The cadence ends and the lead rests, as the recycle policy says."
                ),
                _D.SKIPPED: Follows("Cadence goes on", "The cadence goes on without this step."),
            },
        ),
        TaskKind.MEETING_OUTCOME: TaskRule(
            "How did the meeting go?",
            {
                _D.HELD: Follows(
                    "An opportunity begins", "An opportunity begins, and it is yours."
                ),
                _D.NOT_A_FIT: Follows("Out for good", "The lead is out for good: not a fit."),
                _D.NO_SHOW: Follows(
                    "Asked for a new time",
                    "Mails and calls try to win a new appointment; after the last try the lead "
                    "rests.",
                ),
                _D.CANCELLED: Follows(
                    "Asked again later",
                    "In a few days the lead is asked for another time; if it takes none it rests.",
                ),
                _D.RESCHEDULED: BOOKED,
            },
        ),
        TaskKind.OPPORTUNITY: TaskRule(
            "Move the opportunity on",
            {
                _D.ADVANCED: Follows(
                    "Next stage", "The opportunity moves to its next stage, and you get its task."
                ),
                _D.IN_PROGRESS: Follows(
                    "Same stage", "The opportunity stays where it is, and you are asked again."
                ),
                _D.HELP: Follows(
                    "Marketing helps",
                    "Marketing writes to the lead beside the opportunity; your task comes back.",
                ),
                _D.NO_HELP: Follows(
                    "Same stage",
                    "Marketing keeps out of this opportunity, and you are asked again.",
                ),
                _D.RETURN: Follows(
                    "Back to marketing", "The opportunity ends as stalled, and the lead rests."
                ),
                _D.WON: Follows("Customer", "The lead is a customer, and is handed over."),
                _D.LOST: Follows(
                    "Rests", "The lead rests, and you get a review of how the opportunity was lost."
                ),
                _D.NO_OUTCOME: Follows(
                    "Rests", "The opportunity ends without a decision, and the lead rests."
                ),
            },
            records_opportunity=True,
        ),
        TaskKind.LOSS_REVIEW: TaskRule("Loss review", _JUST_DONE),
        TaskKind.HAND_OVER: TaskRule("Customer hand-over", _JUST_DONE),
        TaskKind.CUSTOMER_QUESTION: TaskRule("Customer's question", _JUST_DONE),
        TaskKind.LEAD_MESSAGE: TaskRule("Lead has written", _JUST_DONE),
        TaskKind.RENEWAL: TaskRule(
            "Renewal",
            {
                _D.RENEWED: Follows("Stays a customer", "The customer stays; its next date waits."),
                _D.LOST: Follows(
                    "Rests", "The customer has left. It rests, and comes back to you one day."
                ),
            },
        ),
        TaskKind.UPSELL: TaskRule("Upsell", {_D.DONE: DONE, _D.NOT_NOW: DONE}),
        TaskKind.TO_DO: TaskRule("To-do", {_D.DONE: DONE, _D.CANCELLED: DONE}),
    }
)
