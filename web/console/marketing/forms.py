"""``/console/forms``: hosted forms, what came of them, and what was sent by them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from markupsafe import Markup
from nicegui import ui

import services.forms
from domain.access import Action
from domain.forms.policy import HostedForm, said
from domain.forms.spam import SpamSuspicion
from store.forms.lists import (
    FormCounts,
    FormLine,
    SubmissionLine,
    list_forms,
    list_submissions,
)
from web.api.forms import show as shown_form
from web.console import labels
from web.console.admin.parts import item, items
from web.console.frame import name_page, say_done
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import badge, button, empty, facts, go, link, quiet, section, show, table
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 50
WHY = {
    SpamSuspicion.TRAP: N_("A field was filled in that no person sees."),
    SpamSuspicion.TOO_FAST: N_("It was sent too soon after the page was opened."),
    SpamSuspicion.LINKS: N_("A web address stands where a name belongs."),
    SpamSuspicion.TOO_MANY: N_("Too many came from one place, for one address or in one hour."),
    SpamSuspicion.ERASED: N_("The person of this address was erased, and may have come back."),
}


@console_page("/forms", Action.READ_CADENCES, N_("Forms"))
async def forms(visit: PageVisit) -> None:
    """All forms, with what came of each."""
    lines = await visit.read(list_forms, visit.context.clock.now(), language=visit.language)
    with visit.top:
        export_button("/forms", of=_("Forms"))
        if visit.may(Action.PUBLISH):
            go(_("Edit"), "/policies/forms/edit", main=True, key="e")
    show(
        quiet(
            _(
                "Pages on which people leave their address, here or within your own site. Counted "
                "are the last thirty days."
            )
        ),
        "p",
    )
    if not lines:
        empty(_("No form is published."), link(_("Write one"), "/policies/forms/edit"))
        return
    headings = [
        _("Form"),
        _("Languages"),
        _("Opened"),
        _("Submissions"),
        _("Conversion"),
        _("Kept as spam"),
        _("Turned away"),
    ]
    rows = [_row(one) for one in lines]
    show(table(headings, rows, caption=_("Forms"), numbers=(2, 3, 4, 5, 6), sortable=True))


@console_page("/forms/{name}", Action.READ_CADENCES, N_("Form"))
async def form(visit: PageVisit, name: str, state: str = "", before: int | None = None) -> None:
    """One form: how it looks, how to show it, and what was sent by it."""
    detail = await visit.ask(shown_form, name)
    one = HostedForm.model_validate(detail.definition)
    name_page(visit, said(one.title, visit.language))
    with visit.top:
        show(link(_("All forms"), "/forms"), "span")
        if visit.may(Action.PUBLISH):
            go(_("Edit"), "/policies/forms/edit", main=True, key="e")
    with ui.element("div").classes("columns"):
        with ui.element("div"):
            if visit.may(Action.READ_FORMS):
                await _submissions(visit, one, detail.counts, spam=state == "spam", before=before)
            with section(_("Preview")):
                _preview(visit, one)
        with ui.element("div"):
            with section(_("Last thirty days")):
                show(_figures(detail.counts))
            with section(_("Form")):
                show(_facts(one, detail.page, visit.language))
            with section(_("Show it in your own site")):
                _embedding(one, detail.embed_code, detail.frame_code)


def _row(one: FormLine) -> list[str | Markup | int]:
    closed = Markup(" ") + badge(_("Closed"), "warn") if not one.open else ""
    return [
        link(one.title, f"/forms/{one.name}") + closed,
        ", ".join(one.languages),
        one.counts.views,
        one.counts.taken,
        _conversion(one.counts),
        link(one.counts.spam, f"/forms/{one.name}", state="spam") if one.counts.spam else 0,
        one.counts.turned_away,
    ]


def _conversion(counts: FormCounts) -> str:
    return f"{100 * counts.taken / counts.views:.1f} %" if counts.views else "–"


def _figures(counts: FormCounts) -> Markup:
    return facts(
        (
            (_("Opened"), counts.views),
            (_("Submissions"), counts.taken),
            (_("Conversion"), _conversion(counts)),
            (_("Kept as spam"), counts.spam),
            (_("Turned away"), counts.turned_away),
        )
    )


def _facts(one: HostedForm, page: str, language: str) -> Markup:
    consent = one.consent
    return facts(
        (
            (_("Page"), link(page, page)),
            (_("Asks for"), ", ".join(said(each.label, language) for each in one.fields)),
            (_("Consent"), consent.topic if consent else _("none")),
            (_("New addresses"), _("confirm by mail") if one.confirm else _("get no mail")),
            (_("Enters"), link(one.enters, f"/cadences/{one.enters}") if one.enters else _("none")),
            (_("Afterwards"), one.redirect or _("a page of thanks")),
            (_("Source"), one.lead_source),
            (_("Campaign"), one.campaign),
        )
    )


def _embedding(one: HostedForm, with_script: str, without: str) -> None:
    if not one.origins:
        show(quiet(_("No site may show it yet: write some into the form.")), "p")
        return
    show(quiet(_("These sites may show it: {sites}", sites=", ".join(one.origins))), "p")
    for title, code in (
        (_("With our script, which keeps its height and the campaign"), with_script),
        (_("Without script"), without),
    ):
        show(Markup("<p>{}</p><pre class='source' tabindex='0'>{}</pre>").format(title, code))
        with ui.element("div").classes("acts"):
            made = button(_("Copy"), _copier(code))
        made.props["aria-label"] = f"{_('Copy')}: {title}"


def _copier(code: str) -> Callable[[], None]:
    def copy() -> None:
        ui.clipboard.write(code)
        ui.notify(_("Copied."))

    return copy


def _preview(visit: PageVisit, one: HostedForm) -> None:
    language = one.language_for(visit.language)
    show(
        Markup(
            '<iframe class="mail-frame desktop" src="/f/{}/embed?preview&language={}" title="{}">'
            "</iframe>"
        ).format(one.name, language, _("The form as people see it"))
    )


async def _submissions(
    visit: PageVisit, one: HostedForm, counts: FormCounts, *, spam: bool, before: int | None
) -> None:
    found = await visit.read(list_submissions, one.name, spam=spam, before=before, limit=PAGE)
    path = f"/forms/{one.name}"
    with section(_("Kept as spam") if spam else _("Submissions")):
        if spam:
            show(link(_("What was taken"), path), "p")
            show(
                quiet(
                    _(
                        "None of this became a lead or cost a mail. What nobody releases is "
                        "forgotten after thirty days."
                    )
                ),
                "p",
            )
        elif counts.spam:
            show(link(_("Kept as spam ({number})", number=counts.spam), path, state="spam"), "p")
        with ui.element("div").classes("acts"):
            state = "spam" if spam else "taken"
            export_button(f"{path}/submissions", {"state": state}, of=_("Submissions"))
        if not found:
            empty(_("Nothing was kept apart.") if spam else _("Nothing was sent by it yet."))
            return
        with items():
            for each in found:
                with item(_line(one, each, visit.language)):
                    if each.state == "spam":
                        made = button(_("It was no spam"), _releaser(visit, each.id))
                        made.props["aria-label"] = (
                            f"{_('It was no spam')}: {each.answers.get('email', '')}"
                        )
        if len(found) == PAGE:
            show(link(_("Earlier ones"), path, state=state, before=found[-1].id), "p")


def _line(form: HostedForm, one: SubmissionLine, language: str) -> Markup:
    asked = {each.field: said(each.label, language) for each in form.fields}
    answers = facts((asked.get(field, field), value) for field, value in one.answers.items())
    who = link(one.lead, f"/leads/{one.lead_id}") if one.lead_id else one.answers.get("email", "")
    marks = badge(_("Released"), "good") if one.state == "released" else Markup()
    notes: list[str | Markup] = [moment(one.at)]
    if one.state == "spam":
        marks = badge(_("Spam?"), "warn")
        notes.append(_(WHY[SpamSuspicion(one.suspicion)]))
    if one.released_by:
        notes.append(_("released by {person}", person=labels.person(one.released_by)))
    if one.consent:
        notes.append(
            _("agreed (version {version}): {text}", version=one.consent_version, text=one.consent)
        )
    return Markup('<b>{}</b> {} {}<span class="quiet">{}</span>').format(
        who, marks, answers, Markup(" · ").join(notes)
    )


def _releaser(visit: PageVisit, submission_id: int) -> Callable[[], Awaitable[None]]:
    async def release() -> None:
        await visit.act(services.forms.release, submission_id)
        say_done(_("Done."))
        ui.navigate.reload()

    return release
