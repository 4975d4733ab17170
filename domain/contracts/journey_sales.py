"""What crosses Temporal on the sales side: ids, codes and numbers. Spans are real seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from domain.contracts.journey import PhaseEntry, Plan, journey_id
from domain.contracts.tasks import Disposition, TaskKind, Undone
from domain.contracts.waits import NO_CUSTOMER_DATE, Wait


class MeetingOutcome(StrEnum):
    """What became of an appointment."""

    HELD = "held"
    NOT_A_FIT = "not_a_fit"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    """The lead called it off, or nobody said who did."""
    CANCELLED_BY_US = "cancelled_by_us"
    RESCHEDULED = "rescheduled"
    TAKEN_OVER = "taken_over"
    """Another workflow sees it through."""
    UNKNOWN = "outcome_unknown"
    """Nobody said."""


SIDE_CADENCE = "SideCadence"
"""Workflow type of a cadence that runs beside whatever else happens to the lead."""
STANDALONE_TASK = "StandaloneTask"
"""Workflow type of a task that nothing waits for."""
SIDE_MEETING = "SideMeeting"
"""Workflow type of an appointment that the lead has besides the one of its journey."""
OUTBOUND = "outbound"
"""The reason of a follow-up with a lead that sales chose without any sign of interest."""

OUTCOME_UNKNOWN = MeetingOutcome.UNKNOWN
"""The reason of a follow-up after an appointment of which nobody said how it went."""
CANCELLED_BY_US = MeetingOutcome.CANCELLED_BY_US
"""The reason of a follow-up after an appointment that we called off: we offer a new time."""


def meeting_workflow_id(lead_id: int, meeting_id: int) -> str:
    """Workflow id of an appointment beside the lead's journey."""
    return f"{journey_id(lead_id)}-meeting-{meeting_id}"


def message_workflow_id(lead_id: int, name: str) -> str:
    """Workflow id of the task to answer one thing that the lead wrote."""
    return f"{journey_id(lead_id)}-message-{name}"


@dataclass(frozen=True)
class SideCadenceState:
    """A cadence to run beside an opportunity or a customer's journey. ``key`` makes it one
    enrollment."""

    lead_id: int
    key: str
    cadence: str
    cycle: int = 1


@dataclass(frozen=True)
class LeaveCadence:
    """End an enrollment whose workflow was told to stop."""

    enrollment_id: int
    reason: str


@dataclass(frozen=True)
class StandaloneTaskState:
    """A task to be done beside everything else. ``step`` says which of its kind."""

    lead_id: int
    kind: TaskKind
    opportunity_id: int = 0
    step: str = ""


@dataclass(frozen=True)
class SideMeetingState:
    """An appointment beside the journey of its lead."""

    lead_id: int
    meeting_id: int


@dataclass(frozen=True)
class FindNextMeeting:
    """Ask what else the lead of an appointment has that did not come about."""

    meeting_id: int


@dataclass(frozen=True)
class NextMeeting:
    """What else the lead has: an appointment that stands (its id, 0 for none), and whether another
    of this cycle was held."""

    meeting_id: int
    held: bool = False


@dataclass(frozen=True)
class StandsStill:
    """An opportunity's stage has run over ``overruns`` times in a row; with 0 its owner asks for
    help.

    ``asked`` is what the last task asked for (``StallAnswer.action``); ``may_help`` is whether
    marketing has neither helped nor been told not to.
    """

    opportunity_id: int
    overruns: int
    asked: str = ""
    may_help: bool = True


@dataclass(frozen=True)
class StallAnswer:
    """What is done about it: ``warn``, ``help`` (with ``cadence``), ``return`` (ask the owner to),
    or ``over``."""

    action: str
    cadence: str = ""
    cycle: int = 1


@dataclass(frozen=True)
class WelcomeCustomer:
    """Enter the customer phase and have somebody look after the customer, once per
    ``entry.key``."""

    entry: PhaseEntry


@dataclass(frozen=True)
class CustomerCare:
    """What follows from an opportunity: who looks after the customer, with which tasks and mails.

    ``ends`` when no customer policy is published: then the journey is over.
    """

    owner: str
    score_band: str = ""
    ends: bool = False
    tasks: list[str] = field(default_factory=list)
    cadence: str = ""
    opportunity_id: int = 0


@dataclass(frozen=True)
class FindNextDate:
    """Ask for the date that a customer is talked to next."""

    lead_id: int


@dataclass(frozen=True)
class NextDate:
    """The date a customer is talked to next (``on``, ISO 8601): ``renewal_id`` 0 when there is
    none, ``seconds`` until its task opens."""

    renewal_id: int = 0
    kind: str = ""
    on: str = ""
    seconds: float = 0.0
    wait: Wait = NO_CUSTOMER_DATE


@dataclass(frozen=True)
class DatePassed:
    """A customer was talked to about the date ``on`` of a renewal or upsell, or nobody did it in
    time."""

    renewal_id: int
    on: str
    disposition: Disposition | Undone


@dataclass(frozen=True)
class EndCare:
    """Give a customer that leaves back to who sold to it."""

    lead_id: int


@dataclass(frozen=True)
class PlanNextCall:
    """Ask what follows the call of ``after_task`` (0 before the first).

    ``attempt`` and ``again`` are those of that call, ``owed_task`` the task in which the lead asked
    for a call at a time, if that has not been made. A plan that is looked at again says when its
    gap ``began`` (journey time, ISO 8601) and when the journey was paused since (pairs of POSIX
    seconds on Temporal's clock).
    """

    lead_id: int
    attempt: int = 0
    after_task: int = 0
    again: int = 0
    owed_task: int = 0
    began: str = ""
    pauses: list[tuple[float, float]] = field(default_factory=list)
    outbound: bool = False
    at_once: bool = False
    """Whether the first call is made now, by whoever has just accepted the lead."""


@dataclass(frozen=True)
class NextCall:
    """The call that follows, or (``leaves``: ``recycle`` or ``disqualify``) the way out for
    ``plan.reason``; ``mail`` is the template of a mail to be sent first."""

    plan: Plan
    leaves: str = ""
    attempt: int = 0
    again: int = 0
    owed_task: int = 0
    began: str = ""
    mail: str = ""


@dataclass(frozen=True)
class EnforcePromises:
    """Do what the SLA demands about a task that nobody has done yet."""

    task_id: int


@dataclass(frozen=True)
class PromisesEnforced:
    """When the promises about a task are to be looked at again (real seconds; 0: never), and what
    was done now, for ops to read in the history."""

    seconds: float
    done: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class OutcomeMissing:
    """Nobody has said how an appointment went, though asked so many ``times``."""

    meeting_id: int
    times: int


@dataclass(frozen=True)
class PauseSlaClocks:
    """Stop the clocks of all promises about a lead (``paused``), or let them go on."""

    lead_id: int
    paused: bool
