"""What a journey is made of: phases, stages, and the data that crosses Temporal.

Everything here ends up in workflow histories, which are kept for months and read by ops: ids,
codes and numbers only. Spans are real seconds, measured by Temporal's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from domain.contracts.tasks import TaskKind, Undone
from domain.contracts.waits import STARTING, Wait

JOURNEY_QUEUE = "journeys"
"""Task queue of the workflows and of every activity that sends nothing."""
EMAIL_QUEUE = "email"
"""Task queue of the touches; Temporal holds the global send rate on it."""


class Phase(StrEnum):
    """The workflow types a lead's journey moves through."""

    NURTURE = "Nurture"
    FOLLOW_UP = "FollowUp"
    MEETING = "Meeting"
    OPPORTUNITY = "Opportunity"
    CUSTOMER = "Customer"
    RECYCLE = "Recycle"


IN_SALES = (Phase.FOLLOW_UP, Phase.MEETING, Phase.OPPORTUNITY)
"""The phases in which sales has the lead: a rep owns it, or it waits in the unassigned queue."""
ENDED = "ended"
"""The phase of a lead whose journey is over."""

OPPORTUNITY_WORKFLOW = "OpportunityStages"
"""Workflow type of one opportunity, ``opportunity-<id>``."""


class Stage(StrEnum):
    """Where a lead stands in the funnel that marketing and sales share."""

    KNOWN = "known"
    ENGAGED = "engaged"
    MQL = "mql"
    SAL = "sal"
    SQL = "sql"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    RECYCLED = "recycled"
    DISQUALIFIED = "disqualified"


STAGE_OF_PHASE: dict[Phase, Stage] = {
    Phase.NURTURE: Stage.KNOWN,
    Phase.FOLLOW_UP: Stage.MQL,
    Phase.MEETING: Stage.SAL,
    Phase.OPPORTUNITY: Stage.SQL,
    Phase.CUSTOMER: Stage.CUSTOMER,
    Phase.RECYCLE: Stage.RECYCLED,
}
"""The stage whose trigger is the entry into the phase. A nurtured lead that answers becomes
``engaged`` without leaving the phase, an opportunity's stage follows its own workflow."""


def journey_id(lead_id: int) -> str:
    """Workflow id of a lead's journey: ``lead-<id>``."""
    return f"lead-{lead_id}"


def opportunity_workflow_id(opportunity_id: int) -> str:
    """Workflow id of an opportunity: ``opportunity-<id>``."""
    return f"opportunity-{opportunity_id}"


def wait_id(task_id: int) -> str:
    """Activity id under which a journey waits for a task: the relay knows it without asking."""
    return f"task-{task_id}"


class EventCode(StrEnum):
    """What an event says happened."""

    SCORE_REACHED = "score_reached"
    REPLIED = "replied"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    INTEREST = "interest"
    BOOKED = "booked"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    ATTENDED = "attended"
    TAKEN_OVER = "taken_over"
    """The lead's journey sees this appointment through from now on."""
    CLOSED = "closed"
    WON = "won"
    """An opportunity that was opened beside the journey's own was won: the lead is a customer."""
    REPLAN = "replan"
    REACTIVATED = "reactivated"
    """Sales wants a recycled lead back now."""
    CLOSED_OUT = "closed_out"
    """Sales wants a recycled lead to be let go."""
    PLAY = "play"
    """Sales starts the cadence that is the event's reason."""
    ENROLLED = "enrolled"
    """Marketing enrolls the lead in the cadence that is the event's reason."""
    UNENROLLED = "unenrolled"
    """Marketing took the enrollment back before its first touch."""
    HOT = "hot"
    """The lead shows interest right now and is to be called now."""
    ASSIGNED = "assigned"
    """The lead has another owner, whose code is the event's reason."""


@dataclass(frozen=True)
class JourneyEvent:
    """News for a journey: a code, the id of the row that tells more, and the cycle it belongs to.

    An event of an earlier cycle is history and wakes nobody; ``cycle`` 0 belongs to any.
    ``message`` is the relay message that brought it: the relay may bring one twice. ``reason`` of a
    crossing is the phase in which the lead was.
    """

    code: str
    ref: int = 0
    cycle: int = 0
    reason: str = ""
    attempt: int = 0
    """Which setting of a meeting it is about."""
    message: int = 0


@dataclass
class InboxState:
    """What every workflow knows that waits for a lead."""

    lead_id: int
    cycle: int = 1
    meeting_id: int = 0
    """The appointment it is about; 0 for none."""
    paused: bool = False
    inbox: list[JourneyEvent] = field(default_factory=list)
    """Events nobody has used yet; they travel on, so none is lost in a hand-over."""
    seen: list[int] = field(default_factory=list)
    """The latest relay messages that arrived, so that one brought twice counts once."""


@dataclass
class JourneyState(InboxState):
    """What a run of a journey hands to the next through continue-as-new."""

    reason: str = ""
    """Why this phase was entered."""
    cadence: str = ""
    """The cadence to run, for Nurture."""
    owner: str = ""
    stage: str = Stage.KNOWN
    score_band: str = ""
    entered: str = ""
    """The run that entered this phase; '' when the next run is the one."""
    side_workflows: list[str] = field(default_factory=list)
    """Workflow ids of what runs beside this phase and hears what it hears."""
    from_sales: bool = False
    """Whether sales had the lead in the phase before."""


@dataclass(frozen=True)
class JourneyResult:
    """How a journey ended: ``customer``, ``disqualified``, ``closed_out``, ``stopped`` or
    ``unenrolled``."""

    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class PhaseEntry:
    """The record of entering a phase. ``key`` is the run id, which makes it idempotent; without a
    ``stage`` the lead keeps the one it has."""

    lead_id: int
    key: str
    phase: str
    stage: str
    reason: str
    cycle: int
    owner: str = ""


@dataclass(frozen=True)
class Entered:
    """What the entry found: who owns the lead now, and the band of its score."""

    owner: str
    stage: str
    score_band: str


@dataclass(frozen=True)
class Plan:
    """What a journey does next.

    ``kind`` is ``send`` (rest, then run the step), ``task`` (rest, then ask a person), ``exit``
    (the cadence is over, for ``reason``) or ``queue`` (the step is not done: the queue ``email``
    is to do it). ``seconds`` is how long to rest, ``due`` the same instant in journey time (ISO
    8601, UTC), ``wait`` what is waited for meanwhile.
    """

    kind: str
    step: str = ""
    seconds: float = 0.0
    due: str = ""
    wait: Wait = STARTING
    summary: str = ""
    reason: str = ""


@dataclass(frozen=True)
class BeginCadence:
    """Enroll the lead in the newest version of a cadence; ``entry`` is set when a phase begins
    with it, so that transition and enrollment are one transaction."""

    lead_id: int
    key: str
    cadence: str
    cycle: int
    entry: PhaseEntry | None = None
    meeting_id: int = 0


@dataclass(frozen=True)
class Enrolled:
    """An enrollment and its first plan. ``exit_on`` lists the events that end it early."""

    enrollment_id: int
    exit_on: list[str]
    plan: Plan
    entered: Entered | None = None


@dataclass(frozen=True)
class FindWayBack:
    """Ask where a lead was before it was enrolled by hand."""

    lead_id: int


@dataclass(frozen=True)
class WayBack:
    """Where a lead goes whose enrollment was undone: the phase with its reason, its cycle and, for
    Nurture, its cadence; phase '' for a lead that had no journey."""

    phase: str
    reason: str = ""
    cadence: str = ""
    cycle: int = 0


@dataclass(frozen=True)
class RunStep:
    """Do the step that is due and say what comes next. ``completed`` means a person has already
    done it (a task step), so that only the plan is wanted. ``beside`` means that the cadence runs
    beside the lead's phase, which may not hear of what the lead does. ``turn`` counts the times
    that a run of the workflow asks, all attempts at a step being one; ``now`` is its clock (real
    time, ISO 8601, UTC)."""

    enrollment_id: int
    step: str
    due: str
    completed: bool = False
    meeting_id: int = 0
    beside: bool = False
    turn: int = 0
    now: str = ""


@dataclass(frozen=True)
class SendOne:
    """Send one operational or follow-up mail outside a cadence, once per ``key``."""

    lead_id: int
    key: str
    template: str
    meeting_id: int = 0
    after_task: int = 0
    """The call that it follows, whose disposition may have other words for it."""


@dataclass(frozen=True)
class TaskRequest:
    """Work for a person. ``key`` is deterministic: a retried request finds the same row."""

    key: str
    lead_id: int
    kind: TaskKind
    attempt: int = 1
    meeting_id: int = 0
    opportunity_id: int = 0
    enrollment_id: int = 0
    step: str = ""
    seconds_left: float = 0.0
    """Real seconds until the deadline of a task that is opened again; 0: the policy's."""


@dataclass(frozen=True)
class OpenedTask:
    """A task's id (0: it is not wanted any more), how long a person has for it, and what is waited
    for. ``watch_seconds`` is the time until its promises are to be looked at; 0 when there are
    none."""

    task_id: int
    deadline_seconds: float
    wait: Wait
    watch_seconds: float = 0.0


@dataclass(frozen=True)
class AwaitDisposition:
    """Wait until a person is done with a task."""

    task_id: int


@dataclass(frozen=True)
class CloseTask:
    """Close a task that nobody has done."""

    task_id: int
    state: Undone


@dataclass(frozen=True)
class PlanMeeting:
    """Ask for the clockwork of an appointment as it is set now."""

    meeting_id: int


@dataclass(frozen=True)
class CallOffMeeting:
    """Cancel an appointment whose lead was taken elsewhere."""

    meeting_id: int


@dataclass(frozen=True)
class Reminder:
    """A meeting reminder: its name in the ledger and real seconds until it is due."""

    name: str
    seconds: float


@dataclass(frozen=True)
class MeetingPlan:
    """The clockwork of one appointment; ``key`` names this setting of it in the ledger.

    ``attempt`` counts the settings; ``cancelled`` is whether it was called off already.
    """

    key: str
    attempt: int
    cancelled: bool
    reminders: list[Reminder]
    outcome_seconds: float
    wait: Wait
    recovery_cadence: str
    reschedules_left: int
    cancelled_by: str = ""
    """lead, us; '' when nobody said so."""
    cancelled_cadence: str = ""
    """The cadence after the lead called it off, '' for none."""
    outcome: str = ""
    """held or no_show; taken_over when another workflow sees it through; '' when nobody said."""


@dataclass(frozen=True)
class EnterRecycle:
    """Enter the recycle stage and ask how long to stay."""

    entry: PhaseEntry
    reason: str


@dataclass(frozen=True)
class RecycleStay:
    """How long a lead rests, where it comes back, and whether it comes back at all."""

    ends: bool
    seconds: float
    cadence: str
    reactivates_early: bool
    wait: Wait
    score_band: str = ""
    returns_for: str = ""
    """Why it comes back on a day that was agreed: asked_for, contract_end…; '' for the policy."""


@dataclass(frozen=True)
class OpenOpportunity:
    """Record the opportunity that may come of a held meeting, once per ``entry.key``."""

    entry: PhaseEntry
    meeting_id: int = 0


@dataclass(frozen=True)
class OpportunityOpened:
    """The opportunity's id and its owner."""

    opportunity_id: int
    owner: str


@dataclass
class OpportunityState:
    """What the workflow of one opportunity starts from, and one run of it hands to the next."""

    opportunity_id: int
    lead_id: int
    paused: bool = False
    stopped: bool = False
    attempt: int = 0
    """How many tasks its owner has been given."""
    overruns: int = 0
    """How often in a row the time for its stage ran out."""
    asked: str = ""
    """What the next task asks for besides the stage: '', warn, help or return."""
    may_help: bool = True
    """Whether marketing has neither helped nor been told not to."""
    help: str = ""
    """Workflow id of marketing's help; '' before there is any."""


@dataclass(frozen=True)
class AdvanceOpportunity:
    """Move the opportunity to the stage after its own, once per task."""

    opportunity_id: int
    task_id: int


@dataclass(frozen=True)
class CloseOpportunity:
    """Close an opportunity: won, lost, no_outcome or stalled."""

    opportunity_id: int
    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class EndJourney:
    """Record the end of a journey."""

    entry: PhaseEntry
    outcome: str
