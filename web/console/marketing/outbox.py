"""``/console/outbox``: the mails of the embedded channel, the newest first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from nicegui import ui

from domain.access import Action
from store.mail.outbox_mails import MailLine
from web.api import mails as mails_api
from web.console.pages import console_page
from web.console.parts import Cell, empty, link, show, table
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 50


@console_page("/outbox", Action.READ_MAILS, N_("Outbox"))
async def outbox(visit: PageVisit, search: str = "", day: str = "", cursor: str = "") -> None:
    """All mails, or those with ``search`` in recipient or subject, or of a day of the visitor's
    zone (``day=2026-05-04``); ``cursor`` is where the page before ended."""
    if visit.context.settings.email_channel != "outbox":
        empty(
            _(
                "Mails go out through {channel} and are not kept here. What was sent to a lead "
                "stands in the lead's timeline.",
                channel=visit.context.settings.email_channel,
            ),
            link(_("Find the lead"), "/leads"),
        )
        return
    chosen = _date(day)
    since, until = _span(visit, chosen) if chosen else (None, None)
    found = await visit.ask(
        mails_api.list_mails,
        search=search,
        since=since,
        until=until,
        cursor=cursor or None,
        limit=PAGE,
    )
    _filters(search, day if chosen else "")
    if found.items:
        show(
            table(
                (_("Sent"), _("Recipient"), _("Subject")),
                [_row(one) for one in found.items],
                caption=_("Mails"),
            )
        )
        _pager(found.next_cursor, cursor, search=search, day=day)
    elif search or chosen:
        empty(_("There are no such mails."), link(_("Show all"), "/outbox"))
    else:
        empty(
            _("No mail yet. Mails appear here as journeys send them; none leaves this machine."),
            link(_("Import a list"), "/import") if visit.may(Action.IMPORT_LEADS) else "",
        )


def _filters(search: str, day: str) -> None:
    def go() -> None:
        asked = {"search": (box.value or "").strip(), "day": days.value or ""}
        query = urlencode({name: value for name, value in asked.items() if value})
        ui.navigate.to(f"/outbox?{query}" if query else "/outbox")

    with ui.element("div").classes("filters").props(f'role="search" aria-label="{_("Mails")}"'):
        box = ui.input(_("Recipient or subject"), value=search).on("keydown.enter", go)
        box.props('outlined dense clearable data-key="/" type="search"').classes("wide")
        days = ui.input(_("Day"), value=day, on_change=go).props(
            "outlined dense clearable stack-label type=date"
        )


def _pager(more: str | None, cursor: str, **asked: str) -> None:
    with ui.element("div").classes("acts"):
        if cursor:
            show(link(_("Newest"), "/outbox", **asked), "span")
        if more:
            show(link(_("Older"), "/outbox", **asked, cursor=more), "span")


def _row(one: MailLine) -> tuple[Cell, ...]:
    to: Cell = one.recipient
    if one.lead_id is not None:
        to = link(one.recipient, f"/leads/{one.lead_id}")
    return (
        moment(one.sent_at),
        to,
        link(one.subject or _("(no subject)"), f"/outbox/{one.id}"),
    )


def _date(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _span(visit: PageVisit, chosen: date) -> tuple[datetime, datetime]:
    """A day on the visitor's calendar, which is not always 24 hours; journey time, UTC."""
    midnight = datetime.min.time()
    try:
        begins = datetime.combine(chosen, midnight, visit.zone)
        ends = datetime.combine(chosen + timedelta(days=1), midnight, visit.zone)
        return begins.astimezone(UTC), ends.astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
