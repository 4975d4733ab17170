"""``/console/outbox``: the mails of the embedded channel, the newest first."""

from __future__ import annotations

from typing import Any

from domain.access import Action
from store.mail.outbox_mails import MailLine
from web.api import mails as mails_api
from web.console.lists.list_page import ListColumn, ListPage
from web.console.pages import console_page
from web.console.parts import Cell, empty, link
from web.console.times import begin_of_day, moment
from web.console.visit import PageVisit
from web.console.words import N_, _


@console_page("/outbox", Action.READ_MAILS, N_("Outbox"))
async def outbox(visit: PageVisit, search: str = "", day: str = "") -> None:
    """All mails, or those with ``search`` in recipient or subject, or of a day of the visitor's
    zone (``day=2026-05-04``)."""
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
    columns = [
        ListColumn[MailLine]("sent", _("Sent"), lambda one: moment(one.sent_at), fixed=True),
        ListColumn("recipient", _("Recipient"), _recipient, fixed=True),
        ListColumn("subject", _("Subject"), _subject, fixed=True),
    ]
    asked = {"search": search.strip(), "day": day if begin_of_day(visit, day) else ""}
    route = mails_api.list_mails
    await MailList(
        visit, "/outbox", route, columns, asked, caption=_("Mails"), listed="/mails"
    ).open()


class MailList(ListPage[MailLine]):
    """The list as it is open."""

    async def open(self) -> None:
        """Build the page."""
        with self.filters():
            self.search(_("Recipient or subject"))
            self.day(_("Day"), "day")
        await self.begin()

    def parameters(self) -> dict[str, Any]:
        """A day is not always 24 hours."""
        asked = super().parameters()
        if day := asked.pop("day", ""):
            asked["since"] = begin_of_day(self.visit, day)
            asked["until"] = begin_of_day(self.visit, day, 1)
        return asked

    def nothing(self) -> None:
        """Why there are none, and what to do."""
        none = _("No mail yet. Mails appear here as journeys send them; none leaves this machine.")
        if self.is_narrowed:
            empty(_("There are no such mails."), link(_("Show all"), "/outbox"))
        elif self.visit.may(Action.IMPORT_LEADS):
            empty(none, link(_("Import a list"), "/import"))
        else:
            empty(none)


def _recipient(one: MailLine) -> Cell:
    if one.lead_id is None:
        return one.recipient
    return link(one.recipient, f"/leads/{one.lead_id}")


def _subject(one: MailLine) -> Cell:
    return link(one.subject or _("(no subject)"), f"/outbox/{one.id}")
