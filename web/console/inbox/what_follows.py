"""What a disposition leads to, in the visitor's words: shown before it is confirmed."""

from __future__ import annotations

from domain.contracts.tasks import Disposition, TaskKind
from domain.sales.next_calls import NextAction
from domain.tasks.rules import DONE, TASKS, Follows
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


def in_short(view: TaskView, disposition: str) -> str:
    """What follows in a word or two."""
    action = view.next.get(disposition)
    if action and action.code == "next_attempt" and action.attempt == 1:
        return _("First call")
    return (
        _(SHORT.get(action.code, action.code)) if action else _(_otherwise(view, disposition).short)
    )


def in_full(view: TaskView, disposition: str) -> str:
    """What follows in a sentence or two."""
    action = view.next.get(disposition)
    if action is None or action.code == "meeting":
        return _(_otherwise(view, disposition).sentence)
    return _said(action)


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


def _otherwise(view: TaskView, disposition: str) -> Follows:
    return TASKS[TaskKind(view.task.kind)].leads_to[Disposition(disposition)] or DONE
