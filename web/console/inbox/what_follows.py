"""What a disposition leads to, in the visitor's words: shown before it is confirmed."""

from __future__ import annotations

from domain.sales.next_calls import NextAction
from domain.time.spans import ClockSpan
from store.views.inbox import TaskView
from web.console import labels
from web.console.words import N_, _, ngettext

SHORT = {
    "next_attempt": N_("Next attempt"),
    "call_again": N_("Again, uncounted"),
    "call_back": N_("At their time"),
    "exhausted": N_("Back to marketing"),
    "recycle": N_("Back to marketing"),
    "disqualify": N_("Out for good"),
    "meeting": N_("Appointment"),
    "return": N_("By its reason"),
}
"""Code of a next action → a word or two."""

BY_KIND: dict[tuple[str, str], tuple[str, str]] = {
    ("cadence", "done"): (N_("Cadence goes on"), N_("The cadence goes on with its next step.")),
    ("cadence", "skipped"): (
        N_("Cadence goes on"),
        N_("The cadence goes on without this step."),
    ),
    ("cadence", "not_interested"): (
        N_("Rests"),
        N_("The cadence ends and the lead rests, as the recycle policy says."),
    ),
    ("meeting_outcome", "held"): (N_("A sale begins"), N_("A sale begins, and it is yours.")),
    ("meeting_outcome", "not_a_fit"): (
        N_("Out for good"),
        N_("The lead is out for good: not a fit."),
    ),
    ("meeting_outcome", "no_show"): (
        N_("Won back"),
        N_("Mails and calls try to win a new appointment; after the last try the lead rests."),
    ),
    ("meeting_outcome", "cancelled"): (
        N_("Asked again later"),
        N_("In a few days the lead is asked for another time; if it takes none it rests."),
    ),
    ("opportunity", "advanced"): (
        N_("Next stage"),
        N_("The sale moves to its next stage, and you get its task."),
    ),
    ("opportunity", "in_progress"): (
        N_("Same stage"),
        N_("The sale stays where it is, and you are asked again."),
    ),
    ("opportunity", "help"): (
        N_("Marketing helps"),
        N_("Marketing writes to the lead beside the sale; your task comes back."),
    ),
    ("opportunity", "no_help"): (
        N_("Same stage"),
        N_("Marketing keeps out of this sale, and you are asked again."),
    ),
    ("opportunity", "return"): (
        N_("Back to marketing"),
        N_("The sale ends as stalled, and the lead rests."),
    ),
    ("opportunity", "won"): (N_("Customer"), N_("The lead is a customer, and is handed over.")),
    ("opportunity", "lost"): (
        N_("Rests"),
        N_("The lead rests, and you get a review of how the sale was lost."),
    ),
    ("opportunity", "no_outcome"): (
        N_("Rests"),
        N_("The sale ends without a decision, and the lead rests."),
    ),
    ("renewal", "renewed"): (
        N_("Stays a customer"),
        N_("The customer stays; its next date waits."),
    ),
    ("renewal", "lost"): (
        N_("Rests"),
        N_("The customer has left. It rests, and comes back to you one day."),
    ),
}
"""Kind of task and disposition → what follows, in a word or two and in a sentence."""
_BOOKED = (
    N_("Appointment"),
    N_("On to the appointment. The lead gets an invitation and reminders."),
)
_ELSE = (N_("Task is done"), N_("The task is done. Nothing else depends on it."))


def in_short(view: TaskView, disposition: str) -> str:
    """What follows in a word or two."""
    action = view.next.get(disposition)
    return _(SHORT.get(action.code, action.code)) if action else _(_otherwise(view, disposition)[0])


def in_full(view: TaskView, disposition: str) -> str:
    """What follows in a sentence or two."""
    action = view.next.get(disposition)
    if action is None or action.code == "meeting":
        return _(_otherwise(view, disposition)[1])
    said = _said(action)
    if action.mail:
        said += " " + _("The mail {mail} goes out now, if consent allows.", mail=action.mail)
    return said


def span_label(span: ClockSpan) -> str:
    """A span of a policy: 2 business days."""
    if span.span is None:
        return _("at once")
    number = span.span.amount
    match span.span.unit, span.business:
        case "minute", False:
            return ngettext("{number} minute", "{number} minutes", number)
        case "minute", True:
            return ngettext("{number} business minute", "{number} business minutes", number)
        case "hour", False:
            return ngettext("{number} hour", "{number} hours", number)
        case "hour", True:
            return ngettext("{number} business hour", "{number} business hours", number)
        case "business day", _business:
            return ngettext("{number} business day", "{number} business days", number)
        case "week", _business:
            return ngettext("{number} week", "{number} weeks", number)
    return ngettext("{number} day", "{number} days", number)


def _said(action: NextAction) -> str:
    match action.code:
        case "next_attempt":
            return _(
                "Call attempt {attempt} of {attempts} comes after {gap}.",
                attempt=action.attempt,
                attempts=action.attempts,
                gap=span_label(action.gap),
            )
        case "call_again":
            return _(
                "Another call after {gap}; this one counts as no attempt.",
                gap=span_label(action.gap),
            )
        case "call_back":
            return _("You call at the time the lead asked for; it counts as no attempt.")
        case "exhausted":
            return _("No attempt is left: the lead goes back to marketing.")
        case "recycle":
            return _(
                "The lead goes back to marketing: {reason}.", reason=labels.reason(action.reason)
            )
        case "disqualify":
            return _("The lead is out for good: {reason}.", reason=labels.reason(action.reason))
        case "return":
            return _("The reason says whether the lead goes back to marketing or is out for good.")
    return action.sentence


def _otherwise(view: TaskView, disposition: str) -> tuple[str, str]:
    if disposition in ("meeting_booked", "rescheduled"):
        return _BOOKED
    return BY_KIND.get((view.task.kind, disposition), _ELSE)
