"""``/console/received``: the tray of received mails that wait for a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from markupsafe import Markup, escape
from nicegui import ui

import services.received
from domain.access import Action
from services.access import team_of
from store.mail.received import SETTLED_AS, ReceivedMail, SettledAs, received_mails
from store.views.lead_search import FoundLead
from web.console import labels
from web.console.admin.parts import item, items
from web.console.frame import say_done
from web.console.labels import engagement
from web.console.leads.search_box import LeadSearch
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import badge, button, empty, link, quiet, show
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 50
WHY = {
    "unmatched": N_("Nobody of ours has this address."),
    "meeting": N_("An answer to an invitation."),
    "no_sender": N_("It names no sender."),
    "mail_system": N_("A mail server sent it, or somebody without an address."),
    "no_words": N_("It says nothing but what it quotes."),
    "stop": N_("It may ask for no more mail."),
    "away": N_("It may be an absence note, or a person's words about one."),
    "receipt": N_("It may be a program's confirmation."),
    "list": N_("A mailing list sent it, and it answers nothing of ours."),
    "invitation": N_("A calendar sent it."),
}
ACTS: dict[SettledAs, str] = {
    "reply": N_("It is a reply"),
    "opt_out": N_("Wants no more mail"),
    "automatic": N_("Automatic"),
    "bounce": N_("Mail came back"),
    "nothing": N_("Put away"),
}
SETTLED: dict[str, str] = {
    "reply": N_("A reply"),
    "opt_out": N_("An opt-out"),
    "automatic": N_("Automatic"),
    "bounce": N_("Mail came back"),
    "nothing": N_("Put away"),
}
PARTSTATS = {
    "DECLINED": N_("Declined"),
    "TENTATIVE": N_("Perhaps"),
    "DELEGATED": N_("Sends somebody else"),
    "COUNTER": N_("Proposes another time"),
}


@console_page("/received", Action.READ_LEADS, N_("Received mail"))
async def received(visit: PageVisit, state: str = "waiting", before: int | None = None) -> None:
    """The newest first; an SDR sees those that are, or may be, of the team's leads."""
    waiting = state != "settled"
    found = await visit.read(
        received_mails, waiting=waiting, team=team_of(visit.caller), before=before, limit=PAGE
    )
    with visit.top:
        export_button("/received", {"state": "waiting" if waiting else "settled"})
    show(
        quiet(
            _(
                "Mail that came in and is neither surely a person's nor surely a program's, or "
                "nobody's we know. It counts as nothing until somebody says what it is."
            )
        ),
        "p",
    )
    other, label = ("settled", _("Settled")) if waiting else ("waiting", _("Waiting"))
    show(link(label, "/received", state=other), "p")
    if not found:
        empty(_("No mail waits.") if waiting else _("No mail was settled here yet."))
        return
    with items():
        for one in found:
            with item(_line(one)):
                if waiting and visit.may(Action.SETTLE_MAIL):
                    _buttons(visit, one)
    if len(found) == PAGE:
        show(link(_("Earlier ones"), "/received", state=state, before=found[-1].id), "p")


def _line(one: ReceivedMail) -> Markup:
    whose: Markup | str = ""
    if one.lead_id:
        whose = link(one.lead, f"/leads/{one.lead_id}")
    elif one.maybe_id:
        whose = Markup("{} {}").format(_("perhaps of"), link(one.maybe, f"/leads/{one.maybe_id}"))
    settled = ""
    if one.settled_at:
        settled = f"{_(SETTLED[one.settled_as])} · {labels.person(one.settled_by)}"
    notes = [escape(moment(one.received_at)), whose, _why(one), settled]
    return Markup("<b>{}</b> {} {}<blockquote>{}</blockquote>{}").format(
        one.sender or _("nobody"),
        badge(_kind(one), "warn"),
        one.subject,
        one.text,
        Markup('<span class="quiet">{}</span>').format(
            Markup(" · ").join(note for note in notes if note)
        ),
    )


def _kind(one: ReceivedMail) -> str:
    if one.kind == "meeting_answer":
        return _(PARTSTATS.get(one.partstat, N_("An answer to an invitation.")))
    return engagement(one.kind)


def _why(one: ReceivedMail) -> str:
    code = one.doubt or one.tray
    return _(WHY[code]) if code in WHY else ""


def _buttons(visit: PageVisit, one: ReceivedMail) -> None:
    for settled_as in SETTLED_AS:
        if (settled_as == "bounce") != (one.kind == "bounce") and settled_as in ("bounce", "reply"):
            continue
        made = button(_(ACTS[settled_as]), _settler(visit, one, settled_as))
        made.props["aria-label"] = f"{_(ACTS[settled_as])}: {one.sender or one.subject}"


def _settler(
    visit: PageVisit, one: ReceivedMail, settled_as: SettledAs
) -> Callable[[], Awaitable[None]]:
    async def settle() -> None:
        lead_id = one.lead_id
        if lead_id is None and settled_as != "nothing":
            answer = await _whose(visit, one, needed=settled_as in ("reply", "bounce"))
            if answer is None:
                return
            lead_id = answer or None
        await visit.act(services.received.settle, one.id, settled_as, lead_id)
        say_done(_("Done."))
        ui.navigate.reload()

    return settle


async def _whose(visit: PageVisit, one: ReceivedMail, *, needed: bool) -> int | None:
    """The lead whose mail it is, 0 for nobody's, None when they think better of it."""

    async def choose(lead: FoundLead) -> None:
        dialog.submit(lead.id)

    with ui.dialog() as dialog, ui.card().classes("ask"):
        show(escape(_("Whose mail is it?")), "h2")
        if one.maybe_id:
            button(f"{_('perhaps of')} {one.maybe}", lambda: dialog.submit(one.maybe_id))
        search = LeadSearch(visit, _("Name, company or address"), choose)
        search.show_results()
        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(None))
            if not needed:
                button(_("Of nobody we know"), lambda: dialog.submit(0))
    answer: int | None = await dialog
    dialog.delete()
    return answer
