"""What people write down of a lead, want to do about it, and write to it: dialogs of its page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup, escape
from nicegui import ui

import services.notes
import services.to_dos
import services.written_mails
from domain.access import Role
from domain.refusals import Invalid, Refusal
from domain.sentences import sentence
from services.written_mails import MailDraft
from store.lead_work.notes import CALL_OUTCOMES, Note, NoteKind
from store.lead_work.written_mails import mails_to_choose
from store.routing.presence import reps
from store.views.lead_page import LeadView
from web.api import lead_work as routes
from web.console import labels
from web.console.forms import Fields, fill_in, time_field, time_typed
from web.console.frame import say_done
from web.console.parts import quiet, show
from web.console.refusals import told
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
        if visit.caller.role != Role.SDR:
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


async def write_mail(visit: PageVisit, lead: LeadView) -> bool:
    """Ask for one mail to a lead; whether it goes out."""
    known = await visit.read(mails_to_choose, lead.language)
    request = str(uuid.uuid4())

    def fields() -> Fields:
        chosen = {"": _("In my own words")} | known
        template = ui.select(chosen, label=_("Mail"), value="", with_input=len(known) > 10)
        subject = ui.input(_("Subject"))
        text = ui.textarea(_("Text")).props("autogrow input-style='min-height: 10rem'")
        shown = ui.element("div").props('role="status"')
        for own in (subject, text):
            own.bind_visibility_from(template, "value", backward=lambda name: not name)
        show(quiet(_("It goes out in the name of the lead's owner. Links are tracked.")), "p")

        async def look() -> None:
            await _preview(visit, lead.id, template.value or "", shown)

        template.on_value_change(look)
        return {"template": template, "subject": subject, "text": text}

    async def save(typed: dict[str, Any]) -> None:
        own = {"subject": "", "text": ""} if typed["template"] else {}
        draft = MailDraft(**typed | own, request=request)
        await visit.act(services.written_mails.send, lead.id, draft)

    title = _("Write to {name}", name=lead.name)
    if not await fill_in(title, _("Send"), fields, save, wide=True):
        return False
    say_done(_("The mail goes out."))
    return True


async def _preview(visit: PageVisit, lead_id: int, template: str, shown: ui.element) -> None:
    shown.clear()
    if not template:
        return
    try:
        mail = await visit.ask(routes.preview_mail, lead_id, template)
    except Refusal as refusal:
        with shown:
            show(escape(told(str(refusal))), "p").classes("wrong")
        return
    with shown:
        show(Markup('<h3>{}</h3><pre class="as-sent">{}</pre>').format(mail.subject, mail.text))
