"""What people write down of a lead and want to do about it: dialogs of its page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from nicegui import ui

import services.notes
import services.to_dos
from domain.refusals import Invalid
from domain.sentences import sentence
from store.lead_work.notes import CALL_OUTCOMES, Note, NoteKind
from store.routing.presence import reps
from store.views.lead_page import LeadView
from web.console import labels
from web.console.forms import Fields, fill_in, time_field, time_typed
from web.console.frame import say_done
from web.console.visit import PageVisit
from web.console.words import N_, _

WAYS = {
    NoteKind.CALL: {"out": N_("We called"), "in": N_("The lead called")},
    NoteKind.MAIL: {"out": N_("We wrote"), "in": N_("The lead wrote")},
}
"""Who called or wrote."""


async def write_note(visit: PageVisit, lead: LeadView) -> bool:
    """Ask for a note; whether it was written down."""

    def fields() -> Fields:
        return {"text": ui.textarea(_("Note")).props("autofocus autogrow")}

    async def save(typed: dict[str, Any]) -> None:
        now = visit.context.clock.now()
        note = Note(NoteKind.NOTE, typed["text"].strip(), now)
        await visit.act(services.notes.add, lead.id, note)

    return await fill_in(_("Note"), _("Save"), fields, save)


async def log_call(visit: PageVisit, lead: LeadView) -> bool:
    """Ask for a call that happened elsewhere; whether it was written down."""
    outcomes = {str(one): labels.disposition(one) for one in CALL_OUTCOMES}
    return await _log(visit, lead, NoteKind.CALL, _("Log a call"), outcomes)


async def log_mail(visit: PageVisit, lead: LeadView) -> bool:
    """Ask for a mail that was written elsewhere; whether it was written down."""
    return await _log(visit, lead, NoteKind.MAIL, _("Log a mail"), {})


async def _log(
    visit: PageVisit,
    lead: LeadView,
    kind: NoteKind,
    title: str,
    outcomes: Mapping[str, str],
) -> bool:
    def fields() -> Fields:
        known = {way: _(label) for way, label in WAYS[kind].items()}
        made: dict[str, Any] = {"direction": ui.select(known, label=_("Who"), value="out")}
        if outcomes:
            made["outcome"] = ui.select(dict(outcomes), label=_("How did it go?"))
        else:
            made["subject"] = ui.input(_("Subject"))
        made["text"] = ui.textarea(_("What is worth keeping")).props("autogrow")
        made["at"] = time_field(_("When"), visit, visit.context.clock.now())
        return made

    async def save(typed: dict[str, Any]) -> None:
        note = Note(
            kind,
            typed["text"].strip(),
            _happened(visit, typed["at"]),
            typed["direction"],
            typed.get("outcome", ""),
            typed.get("subject", "").strip(),
        )
        await visit.act(services.notes.add, lead.id, note)

    return await fill_in(title, _("Save"), fields, save)


def _happened(visit: PageVisit, typed: str) -> datetime:
    at = time_typed(visit, typed)
    if at is None:
        raise Invalid(sentence("Say when it was."), "at")
    return at


async def make_to_do(visit: PageVisit, lead: LeadView) -> bool:
    """Ask what somebody wants to do about a lead, and when; whether it was kept."""
    now = visit.context.clock.now()
    tomorrow = now.astimezone(visit.zone).replace(hour=9, minute=0) + timedelta(days=1)
    people = await visit.read(reps, now)
    own = visit.caller.rep

    def fields() -> Fields:
        made: dict[str, Any] = {
            "title": ui.input(_("What is to be done")).props("autofocus"),
            "due_at": time_field(_("By when"), visit, tomorrow),
            "note": ui.textarea(_("More of it")).props("autogrow"),
        }
        if not visit.caller.of_one_team:
            known = {one.code: one.name for one in people}
            if own:
                known |= {own: labels.person(own)}
            made["owner"] = ui.select(known, label=_("Whose"), value=own or lead.owner or None)
        return made

    async def save(typed: dict[str, Any]) -> None:
        due_at = time_typed(visit, typed["due_at"])
        if due_at is None:
            raise Invalid(sentence("Say by when."), "due_at")
        await visit.act(services.to_dos.add, lead.id, **typed | {"due_at": due_at})

    if not await fill_in(_("To-do"), _("Save"), fields, save):
        return False
    say_done(_("It is in the inbox."))
    return True
