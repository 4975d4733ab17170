"""Codes of the database in the visitor's words; a code that nobody named is shown as it is."""

from __future__ import annotations

from nicegui import ui

from domain import labels as names
from domain.cadences.triggers import Way
from domain.translations.cldr_names import country_name, language_name
from web.console.visit import visit_of
from web.console.words import _, language

AT_TERMINAL = " at the command line"
"""What stands behind the name of who typed a command (``cli.connect.author``)."""


def stage(code: str) -> str:
    """A stage of the funnel."""
    return _label(names.STAGES, code)


def phase(code: str) -> str:
    """A phase of the journey; '' is one that has not begun."""
    return _label(names.PHASES, code)


def likeness(code: str) -> str:
    """Why two leads may be the same person."""
    return _label(names.LIKENESSES, code)


def merge_field(code: str) -> str:
    """A field of two leads that are merged; an attribute by its own name."""
    name = code.removeprefix("attributes.")
    return _label(names.MERGE_FIELDS, name) if name in names.MERGE_FIELDS else attribute(name)


def account_evidence(code: str) -> str:
    """What says that leads belong to an account."""
    return _label(names.ACCOUNT_EVIDENCE, code)


def disposition(code: str) -> str:
    """What a task ended, or may end, with."""
    return _label(names.DISPOSITIONS, code)


def task_kind(code: str) -> str:
    """What kind of work a task is."""
    return _label(names.TASK_KINDS, code)


def meeting_state(code: str) -> str:
    """How far an appointment has come."""
    return _label(names.MEETING_STATES, code)


def reason(code: str) -> str:
    """Why a lead is where it is."""
    if before := names.rested_for(code):
        return _("Back after: {reason}", reason=reason(before))
    return _label(names.WHY, code)


def why_not(code: str) -> str:
    """Why a lead does not enter a cadence."""
    return _label(names.WHY_NOT, code)


def entry_way(way: str, what: str) -> str:
    """What had a lead enter a cadence (:class:`domain.cadences.triggers.Way`), or would have."""
    match way:
        case Way.SEGMENT:
            return _("Joined the segment {name}", name=what)
        case Way.EVENT:
            return engagement(what)
        case Way.FORM:
            return _("Sent the form {name}", name=what)
        case Way.DATE:
            return _("Its date: {name}", name=attribute(what))
        case Way.CONFIRMED:
            return _("Confirmed its address")
        case _:
            return _("By hand")


def enrollment_state(code: str) -> str:
    """What became of a lead that somebody enrolled by hand."""
    return _label(names.ENROLLMENT_STATES, code)


def engagement(code: str) -> str:
    """What a lead did."""
    return _label(names.ENGAGEMENTS, code)


def machine(code: str) -> str:
    """Which machine did something in a lead's place."""
    return _label(names.MACHINES, code)


def mail_state(code: str) -> str:
    """What became of a mail."""
    return _label(names.MAIL_STATES, code)


def task_state(code: str) -> str:
    """What became of a task."""
    return _label(names.TASK_STATES, code)


def promise(code: str) -> str:
    """What was promised about a lead."""
    return _label(names.PROMISES, code)


def promise_action(code: str) -> str:
    """What was done about a promise that was not kept."""
    return _label(names.PROMISE_ACTIONS, code)


def cause(code: str) -> str:
    """Why a lead changed hands."""
    return _label(names.CAUSES, code)


def came_by(code: str, previous: str) -> str:
    """From whom a lead came, and why; '' for one that came from nobody."""
    if not previous:
        return ""
    return _("from {rep}: {cause}", rep=person(previous), cause=cause(code))


def standing(code: str) -> str:
    """How a rep stood when a lead was given to somebody."""
    return _label(names.STANDINGS, code)


def suppression(code: str) -> str:
    """Why an address gets no mail."""
    return _label(names.SUPPRESSIONS, code)


def alert(code: str) -> str:
    """What an alert tells of."""
    return _label(names.ALERTS, code)


def opportunity_stage(code: str) -> str:
    """A stage of an opportunity."""
    return _label(names.SALE_STAGES, code)


def competitor(code: str) -> str:
    """Whom an opportunity was lost to, as far as the code tells."""
    return code.replace("_", " ")


def rule(name: str) -> str:
    """A rule of scoring or routing."""
    return _(names.RULES[name]) if name in names.RULES else name


def attribute(key: str) -> str:
    """An attribute of a lead, as its column was called."""
    words = key.replace("_", " ")
    return words[:1].upper() + words[1:]


def policy(name: str) -> str:
    """What marketing and sales agree on in a file."""
    return _label(names.POLICY_NAMES, name)


def person(code: str) -> str:
    """A rep or a manager by name; who is none of them, such as a token, as they are called."""
    name, typed, _rest = code.partition(AT_TERMINAL)
    if typed:
        return _("{name} at the command line", name=name)
    return visit_of(ui.context.client).people.get(code, code)


def span_name(code: str) -> str:
    """A span of time, or a part of the day."""
    return _label(names.SPANS, code)


def role(code: str) -> str:
    """What somebody may do."""
    return _label(names.ROLES, code)


def country(code: str) -> str:
    """A country by its code (ISO 3166-1)."""
    return country_name(code, language())


def spoken(code: str) -> str:
    """A language by its code (BCP 47), such as ``pt-BR``."""
    return language_name(code, language())


def _label(table: dict[str, str], code: str) -> str:
    return _(table[code]) if code in table else names.label(table, code)
