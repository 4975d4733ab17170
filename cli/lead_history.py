"""What happened to a lead, in the words that the console has for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table

from cli.tables import GAP, longest_address, plain, wide_console
from cli.times import shown_time
from domain.labels import (
    CAUSES,
    DISPOSITIONS,
    ENGAGEMENTS,
    MACHINES,
    MAIL_STATES,
    MEETING_STATES,
    PHASES,
    PROMISE_ACTIONS,
    PROMISES,
    SALE_STAGES,
    STAGES,
    TASK_KINDS,
    TASK_STATES,
    WHY,
    label,
)
from store.views.lead_timeline import TimelineEntry

TIME_WIDTH = 21


def whereabouts(phase: str, reason: str) -> str:
    """The phase of a journey, and why it began."""
    why = f" ({label(WHY, reason)})" if reason else ""
    return f"{label(PHASES, phase)}{why}"


def print_history(lines: Iterable[TimelineEntry], now: datetime) -> None:
    """Print a line for each, as it was ordered."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    said = [(one, worded(one)) for one in lines]
    for one, words in said:
        table.add_row(shown_time(one.at, now), plain(words))
    wide_console(TIME_WIDTH + GAP + longest_address(words for _, words in said)).print(table)


def worded(one: TimelineEntry) -> str:
    """What happened, then what is known of it."""
    return " · ".join(part for part in _parts(one) if part)


def _parts(one: TimelineEntry) -> list[str]:
    facts = one.facts
    match one.kind:
        case "mail":
            by = f"by {facts['by']}" if facts["by"] else ""
            return [label(MAIL_STATES, facts["state"]), facts["subject"], by, facts["error"]]
        case "engagement":
            worth = _points(facts["points"])
            if facts["machine"]:
                worth = f"by {label(MACHINES, facts['machine'])}"
            return [label(ENGAGEMENTS, facts["what"]), facts["name"], worth]
        case "task":
            by = f"by {facts['by']}" if facts["by"] else ""
            ended = facts["disposition"] and label(DISPOSITIONS, facts["disposition"])
            reason = facts["reason"] and label(WHY, facts["reason"])
            task = f"{label(TASK_KINDS, facts['what'])} {one.ref}"
            return [label(TASK_STATES, facts["state"]), task, ended, reason, by, facts["note"]]
        case "stage":
            why = SALE_STAGES.get(facts["reason"]) or label(WHY, facts["reason"])
            cycle = f"cycle {facts['cycle']}"
            return [label(STAGES, facts["to"]), label(PHASES, facts["phase"]), why, cycle]
        case "meeting":
            state = label(MEETING_STATES, facts["state"]).lower()
            return [f"Meeting {state}", f"attempt {facts['attempt']}"]
        case "owner":
            whose = facts["owner"] or "nobody"
            moved = f"{facts['previous']} → {whose}" if facts["previous"] else whose
            by = f"by {facts['by']}" if facts["by"] else ""
            return [f"Owner {moved}", label(CAUSES, facts["cause"]), by]
        case "correction" | "note":
            return _by_hand(one)
        case "promise":
            noted = "only noted" if facts["pilot"] else ""
            promise = label(PROMISES, facts["promise"])
            return [promise, label(PROMISE_ACTIONS, facts["action"]), facts["detail"], noted]
        case "claim":
            field = facts["field"].removeprefix("attributes.").replace("_", " ")
            said = f"{facts['source']} said {field}: {facts['value']}"
            return [said, "not taken over: something else is known"]
        case _:
            wants = "Wants mail" if facts["action"] == "opt_in" else "Wants no mail"
            source = facts["source"].replace("_", " ")
            return [wants, facts["topic"], source, facts["evidence"]]


def _by_hand(one: TimelineEntry) -> list[str]:
    facts = one.facts
    by = f"by {facts['by']}"
    if one.kind == "correction":
        if not facts["field"]:
            return ["Entered by hand", by]
        changed = f"{facts['before'] or '-'} → {facts['after'] or '-'}"
        return [f"Corrected {facts['field'].replace('_', ' ')}", changed, by]
    way = {"out": "to the lead", "in": "from the lead"}.get(facts["direction"], "")
    ended = facts["outcome"] and label(DISPOSITIONS, facts["outcome"])
    return [facts["what"].capitalize(), way, ended, facts["subject"], facts["text"], by]


def _points(number: int) -> str:
    return f"{number:+,} {'point' if abs(number) == 1 else 'points'}" if number else ""
