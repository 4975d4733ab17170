"""``/console/admin/changes``: who changed what, in the console and through the API."""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup

from domain.access import Action
from store.access.api_tokens import RecordedChange, list_changes
from store.access.users import list_users
from web.console.admin.parts import real_time
from web.console.pages import console_page
from web.console.parts import Cell, badge, empty, link, quiet, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 100
DONE = {
    "POST leads/prospects": N_("Had sales call prospects"),
    "POST leads/*/score": N_("Added points to a lead"),
    "POST leads/*/pause": N_("Paused a lead"),
    "POST leads/*/resume": N_("Let a lead go on"),
    "POST leads/*/stop": N_("Stopped a lead for good"),
    "POST leads/*/move": N_("Moved a lead to another phase"),
    "POST leads/*/erase": N_("Erased a person"),
    "POST tasks/*/complete": N_("Finished a task"),
    "POST tasks/*/pending-disposition": N_("Finished a task"),
    "DELETE tasks/*/pending-disposition": N_("Undid a disposition"),
    "POST tasks/*/reassign": N_("Gave a task to somebody else"),
    "POST meetings": N_("Booked a meeting"),
    "POST meetings/*/reschedule": N_("Moved a meeting"),
    "POST meetings/*/cancel": N_("Cancelled a meeting"),
    "POST opportunities": N_("Opened an opportunity"),
    "POST opportunities/*/advance": N_("Moved an opportunity on"),
    "POST opportunities/*/close": N_("Closed an opportunity"),
    "POST recycle/reactivate": N_("Reactivated recycled leads"),
    "POST recycle/extend": N_("Let recycled leads rest longer"),
    "POST recycle/close-out": N_("Closed out recycled leads"),
    "POST recycle/*/until": N_("Set the day a lead comes back"),
    "POST recycle/*/return-to": N_("Chose the cadence a lead comes back to"),
    "POST recycle/*/reactivate": N_("Reactivated a recycled lead"),
    "POST recycle/*/extend": N_("Let a recycled lead rest longer"),
    "POST recycle/*/close-out": N_("Closed out a recycled lead"),
    "POST accounts/*/do-not-market": N_("Kept an account out of marketing"),
    "POST accounts/*/release": N_("Let marketing write to an account again"),
    "POST accounts/*/play": N_("Started a play for an account"),
    "POST accounts/*/pause": N_("Paused the leads of an account"),
    "POST accounts/*/resume": N_("Let the leads of an account go on"),
    "POST team/alerts/*/put-away": N_("Put an alert away"),
    "PUT team/*/presence": N_("Set who takes new leads"),
    "POST team/*/absences": N_("Entered time off"),
    "DELETE team/*/absences/current": N_("Ended time off"),
    "PUT team/*/profile": N_("Changed how a rep signs"),
    "POST team/*/calendar": N_("Made a rep's calendar address"),
    "DELETE team/*/calendar": N_("Ended a rep's calendar address"),
    "POST team/reassign": N_("Gave leads to somebody else"),
    "POST publications": N_("Published cadences or policies"),
    "POST cadences/templates/*/test": N_("Sent a test mail"),
    "POST system/sending/resume": N_("Had paused mail go on"),
    "POST suppressions": N_("Suppressed an address"),
    "POST suppressions/permit": N_("Permitted an address again"),
    "PUT suppressions/*": N_("Stopped marketing mail to a lead"),
    "POST suppressions/*/permit": N_("Allowed mail to a lead again"),
    "POST received/*/assign": N_("Said whose a received mail is"),
    "POST received/*/settle": N_("Said what a received mail is"),
    "POST webhooks/endpoints": N_("Added a webhook endpoint"),
    "POST webhooks/endpoints/remove": N_("Removed a webhook endpoint"),
    "POST webhooks/endpoints/pause": N_("Paused or resumed a webhook endpoint"),
    "POST webhooks/deliveries/*/resend": N_("Sent a webhook event again"),
    "POST users": N_("Added a user"),
    "PATCH users/*": N_("Changed a user"),
    "DELETE users/*/second-factor": N_("Reset a user's second factor"),
    "DELETE users/*/company-account": N_("Freed a user from their company account"),
    "DELETE users/*/sessions": N_("Signed a user out everywhere"),
    "DELETE me/sessions": N_("Signed out everywhere"),
    "DELETE me/sessions/*": N_("Signed out one of their browsers"),
    "POST users/*/link": N_("Made a one-time link"),
    "POST mails/*/reply": N_("Replied to a mail as its recipient"),
    "POST imports": N_("Uploaded a list"),
    "PATCH imports/*": N_("Mapped the columns of a list"),
    "POST imports/*/start": N_("Imported a list"),
    "DELETE imports/*": N_("Threw an uploaded list away"),
    "POST write-keys": N_("Made a write key"),
    "POST write-keys/revoke": N_("Revoked a write key"),
    "POST tokens": N_("Made an API token"),
    "POST tokens/revoke": N_("Revoked an API token"),
    "PATCH me": N_("Changed their own settings"),
}
"""Method and path under ``/api``, with a star for what is named → what was done."""
PLACES = {
    "leads": ("/leads", N_("lead {number}")),
    "suppressions": ("/leads", N_("lead {number}")),
    "recycle": ("/leads", N_("lead {number}")),
    "tasks": ("/tasks", N_("task {number}")),
    "accounts": ("/accounts", N_("account {number}")),
    "imports": ("/import", N_("import {number}")),
}
"""First part of a path → page of the thing it names by number, and what it is called."""
_FITS = [
    (re.compile(re.escape(pattern).replace(r"\*", r"[^/]+").replace(r"\ ", " /api/")), sentence)
    for pattern, sentence in DONE.items()
]
_REP = re.compile(r"/api/team/([^/]+)/(?:presence|absences)")
_NAMED = re.compile(r"/api/([a-z]+)/(\d+)(?:/|$)")


@console_page("/admin/changes", Action.READ_CHANGES, N_("Audit log"))
async def changes(
    visit: PageVisit, by: str = "", lead: str = "", task: str = "", before: int | None = None
) -> None:
    """The latest first; also what was refused."""
    found = await visit.read(
        list_changes,
        by=by.strip(),
        lead_id=int(lead) if lead.isdecimal() else None,
        task_id=int(task) if task.isdecimal() else None,
        before=before,
        limit=PAGE,
    )
    show(
        Markup(
            '<form class="filters plain" action="/console/admin/changes">'
            '<label>{}<input name="by" value="{}"></label>'
            '<label>{}<input name="lead" inputmode="numeric" value="{}"></label>'
            '<label>{}<input name="task" inputmode="numeric" value="{}"></label>'
            '<button class="reach-by">{}</button></form>'
        ).format(_("Who"), by, _("Lead number"), lead, _("Task number"), task, _("Search"))
    )
    if not found:
        empty(
            _("Nothing was changed by them, or about it.")
            if by or lead or task
            else _("Nobody has changed anything yet.")
        )
        return
    users = {one.id: one.email for one in await visit.read(list_users)}
    show(
        table(
            (_("When"), _("Who"), _("What"), _("About"), _("Answer")),
            [_row(one, users) for one in found],
            caption=_("Audit log"),
        )
    )
    if len(found) == PAGE:
        more = {"by": by, "lead": lead, "task": task, "before": found[-1].id}
        show(link(_("Earlier ones"), "/admin/changes", **more), "p")


def _row(one: RecordedChange, users: Mapping[int, str]) -> tuple[Cell, ...]:
    who = Markup("{} {}").format(one.by, quiet(one.rep)) if one.rep else one.by
    about = Markup('<span class="two">{}{}</span>').format(_about(one.path, users), _asked(one))
    return real_time(one.at), who, _told(one), about, _answer(one.status)


def sentence_of(asked: str) -> str | None:
    """What ``METHOD /api/path`` did, in English; None when nobody wrote a sentence for it."""
    return next((sentence for fits, sentence in _FITS if fits.fullmatch(asked)), None)


def _told(one: RecordedChange) -> Markup:
    asked = f"{one.method} {one.path}"
    sentence = sentence_of(asked)
    if sentence is None:
        return Markup("<code>{}</code>").format(asked)
    return Markup('<span title="{}">{}</span>').format(asked, _(sentence))


def _asked(one: RecordedChange) -> Cell:
    """Codes and names as they were sent."""
    said = [f"{name.replace('_', ' ')}: {_said(value)}" for name, value in one.asked.items()]
    return quiet(" · ".join(said)) if said else ""


def _said(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _about(path: str, users: Mapping[int, str]) -> Cell:
    if rep := _REP.match(path):
        return link(rep[1], f"/team/{rep[1]}")
    named = _NAMED.match(path)
    if named is not None and named[1] == "users":
        return users.get(int(named[2]), "")
    if named is None or named[1] not in PLACES:
        return ""
    page, sentence = PLACES[named[1]]
    return link(_(sentence, number=named[2]), f"{page}/{named[2]}")


def _answer(status: int | None) -> Markup:
    if status is None:
        return badge(_("No answer"), "bad")
    if status < 400:
        return badge(_("Done"), "good")
    if status < 500:
        return badge(_("Refused, {status}", status=status), "warn")
    return badge(_("Failed, {status}", status=status), "bad")
