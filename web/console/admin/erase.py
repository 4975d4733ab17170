"""``/console/admin/erase``: a person from all tables, for good."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup
from nicegui import ui

import services.erasure
from domain.access import Action
from domain.contracts.journey import ENDED
from domain.email.addresses import address_key
from store.erasure import erasure
from store.erasure.erasure import ERASED, ErasureReceipt
from store.views.leads import LeadLine, find_lead
from web.api import erasure as erasure_api
from web.console import labels
from web.console.labels import phase, stage
from web.console.paged import PagedList
from web.console.pages import console_page
from web.console.parts import Cell, badge, button, empty, facts, link, quiet, section, show, table
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

TABLES = {
    "lead": N_("The lead: name, address, phone, company and what lists said"),
    "task": N_("Tasks: what they asked for and what was noted"),
    "pending_disposition": N_("Dispositions that were just given"),
    "touch": N_("Touches: what ties them to mails"),
    "outbox_message": N_("Mails sent"),
    "inbound_message": N_("Mails received"),
    "engagement": N_("Events: pages, links and answers"),
    "visitor": N_("Visits to the web site"),
    "visitor_key": N_("Names of browsers and accounts"),
    "calendar_booking": N_("Bookings in calendars"),
    "meeting_move": N_("How often they moved a meeting today"),
    "meeting": N_("Meetings: links"),
    "renewal": N_("Dates to talk again"),
    "opportunity": N_("Sales: what was learned"),
    "enrollment": N_("Cadences that go on"),
    "sla_clock": N_("Promises that run"),
    "alert": N_("Alerts that wait"),
    "suppression": N_("Suppression of the address"),
    "topic_opt_out": N_("Topics that were refused"),
    "consent_record": N_("Record of consent"),
    "lead_contact": N_("Further addresses and phone numbers"),
    "lead_correction": N_("What was corrected"),
    "lead_note": N_("Notes"),
    "written_mail": N_("Mails that somebody wrote"),
    "lead_merge": N_("What undoing a merge would restore"),
    "login_failure": N_("Failed tries to sign in"),
    "webhook_delivery": N_("Events told to other programs"),
    "relay_message": N_("Messages to the journey"),
    "import_file": N_("Lists that wait for their import, or were rejected"),
}
"""Table → what of a person is in it."""


@console_page("/admin/erase", Action.ERASE, N_("Erase a person"))
async def erase(visit: PageVisit, who: str = "", receipt: int | None = None) -> None:
    """Find, look, type the address, erase."""
    show(
        quiet(
            _(
                "For somebody who asks to be forgotten. Everything that could tell who they were "
                "goes from all tables, and their journey ends. Rows that figures count stay, "
                "without them."
            )
        ),
        "p",
    )
    show(
        Markup(
            '<form class="filters plain" action="/console/admin/erase">'
            '<label>{}<input name="who" value="{}" size="34" required></label>'
            '<button class="reach-by">{}</button></form>'
        ).format(_("E-mail address or lead number"), who, _("Search"))
    )
    if receipt is not None:
        _thanks(receipt)
    if who:
        await _person(visit, who.strip())
    with section(_("Receipts")):
        await PagedList(visit, erasure_api.list_receipts, draw=_receipts).more()


async def _person(visit: PageVisit, who: str) -> None:
    lead = await visit.read(find_lead, who, visit.context.clock.now())
    if lead is None:
        before = await visit.ask(erasure_api.list_receipts, address=who, limit=1)
        if before.items:
            empty(_("This person was erased: receipt {number}.", number=before.items[0].id))
        else:
            empty(_("There is no such lead. Try the address as it was imported, or the number."))
        return
    if (lead.phase, lead.phase_reason) == (ENDED, ERASED):
        empty(_("This person is erased already."))
        return
    known = await visit.read(erasure.known_of, lead.id)
    with section(lead.name):
        show(
            facts(
                {
                    _("Lead"): link(f"#{lead.id}", f"/leads/{lead.id}"),
                    _("E-mail address"): lead.email,
                    _("Account"): lead.company,
                    _("Stage"): f"{stage(lead.stage)} · {phase(lead.phase)}",
                }
            )
        )
        show(
            table(
                (_("What there is of them"), _("Rows")),
                [(_table(name), rows) for name, rows in known.items()],
                caption=_("What there is of them"),
                numbers=(1,),
            )
        )
        _confirm(visit, lead)


def _confirm(visit: PageVisit, lead: LeadLine) -> None:
    """The address is typed, and only then can the button be pressed."""
    show(
        Markup("<p>{}</p>").format(
            _("This can't be undone. Type {address} to confirm.", address=lead.email)
        )
    )
    with ui.element("div").classes("filters"):
        typed = ui.input(_("The person's address")).props("outlined dense autocomplete=off")
        why = ui.input(_("Why; name nobody, it is kept"))
        why.props("outlined dense maxlength=500").classes("why")

        async def do() -> None:
            address, reason = typed.value or "", (why.value or "").strip()
            done = await visit.act(services.erasure.erase, lead.id, address, reason)
            ui.navigate.to(f"/admin/erase?receipt={done.id}")

        made = button(_("Erase for good"), do, danger=True)
        made.bind_enabled_from(
            typed,
            "value",
            backward=lambda text: address_key(text or "") == address_key(lead.email),
        )


def _thanks(receipt: int) -> None:
    show(
        Markup('<p class="done" role="status">{}</p>').format(
            _(
                "The person is erased: receipt {number}. What runs for them in Temporal ends "
                "within seconds. Tell the programs that got their data from you.",
                number=receipt,
            )
        )
    )


def _table(name: str) -> str:
    return _(TABLES[name]) if name in TABLES else name


def _receipts(given: Sequence[ErasureReceipt]) -> None:
    if not given:
        empty(_("Nobody was erased so far."))
        return
    show(
        table(
            (_("Receipt"), _("When"), _("By"), _("Why"), _("Rows")),
            [_receipt(one) for one in given],
            caption=_("Receipts"),
        )
    )


def _receipt(one: ErasureReceipt) -> tuple[Cell, ...]:
    rows = sum(one.counts.values())
    tables = ", ".join(f"{_table(name)} {count}" for name, count in sorted(one.counts.items()))
    return (
        badge(f"#{one.id}"),
        moment(one.at),
        labels.person(one.by),
        one.reason,
        Markup('<span title="{}">{}</span>').format(
            tables, ngettext("1 row", "{number} rows", rows)
        ),
    )
