"""``/console/admin/changes``: who changed what, in the console and through the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup
from sqlalchemy import Connection

from domain.access import Action
from store.access.api_tokens import RecordedChange, list_changes
from store.access.users import list_users
from store.views.changed import NamedThings, name_things
from web.console import labels
from web.console.admin.parts import real_time
from web.console.lists.export import export_button
from web.console.pages import console_page
from web.console.parts import Cell, Tone, badge, empty, link, piece, quiet, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 100
DONE = {
    "POST leads/prospects": N_("Had sales call prospects"),
    "POST leads/play": N_("Started a play for leads"),
    "POST leads": N_("Entered a lead"),
    "PATCH leads/*": N_("Corrected a lead"),
    "POST leads/*/notes": N_("Wrote down what happened with a lead"),
    "DELETE leads/*/notes/*": N_("Removed a note"),
    "POST leads/*/to-dos": N_("Made a to-do"),
    "PATCH tasks/*": N_("Changed a to-do"),
    "POST leads/*/contacts": N_("Added a way to reach a lead"),
    "DELETE leads/*/contacts/*": N_("Removed a way to reach a lead"),
    "POST leads/*/contacts/*/primary": N_("Changed where a lead is reached"),
    "POST leads/*/mails": N_("Wrote a mail to a lead"),
    "POST leads/*/score": N_("Added points to a lead"),
    "POST leads/*/nudge": N_("Nudged the owner of a lead"),
    "POST leads/*/pause": N_("Paused a lead"),
    "POST leads/*/resume": N_("Let a lead go on"),
    "POST leads/*/stop": N_("Stopped a lead for good"),
    "POST leads/*/move": N_("Moved a lead to another phase"),
    "POST leads/*/duplicates/*/dismiss": N_("Said that two leads are not the same person"),
    "POST leads/*/merge": N_("Merged a lead into another"),
    "POST merges/*/undo": N_("Undid a merge of leads"),
    "POST account-matches": N_("Said which account leads belong to"),
    "POST leads/*/erase": N_("Erased a person"),
    "POST tasks/*/complete": N_("Finished a task"),
    "POST tasks/*/pending-disposition": N_("Finished a task"),
    "DELETE tasks/*/pending-disposition": N_("Undid a disposition"),
    "POST tasks/*/reassign": N_("Gave a task to somebody else"),
    "POST tasks/*/snooze": N_("Put a task off"),
    "DELETE tasks/*/snooze": N_("Brought a task back"),
    "POST tasks/snooze": N_("Put several tasks off"),
    "POST meetings": N_("Booked a meeting"),
    "POST meetings/*/reschedule": N_("Moved a meeting"),
    "POST meetings/*/cancel": N_("Cancelled a meeting"),
    "POST opportunities": N_("Opened an opportunity"),
    "PATCH opportunities/*": N_("Said what an opportunity is worth"),
    "POST opportunities/*/advance": N_("Moved an opportunity on"),
    "POST opportunities/*/close": N_("Closed an opportunity"),
    "POST spend": N_("Entered what was spent"),
    "POST exchange-rates": N_("Entered exchange rates"),
    "POST recycle/reactivate": N_("Reactivated recycled leads"),
    "POST recycle/extend": N_("Let recycled leads rest longer"),
    "POST recycle/close-out": N_("Closed out recycled leads"),
    "POST recycle/*/until": N_("Set the day a lead comes back"),
    "POST recycle/*/return-to": N_("Chose the cadence a lead comes back to"),
    "POST recycle/*/reactivate": N_("Reactivated a recycled lead"),
    "POST recycle/*/extend": N_("Let a recycled lead rest longer"),
    "POST recycle/*/close-out": N_("Closed out a recycled lead"),
    "POST cadences/*/pause": N_("Paused a cadence"),
    "POST cadences/*/resume": N_("Let a cadence go on"),
    "POST cadences/*/archive": N_("Archived a cadence"),
    "POST cadences/*/unarchive": N_("Unarchived a cadence"),
    "POST accounts/*/do-not-market": N_("Kept an account out of marketing"),
    "POST accounts/*/release": N_("Let marketing write to an account again"),
    "POST accounts/*/play": N_("Started a play for an account"),
    "POST accounts/*/pause": N_("Paused the leads of an account"),
    "POST accounts/*/resume": N_("Let the leads of an account go on"),
    "POST team/alerts/*/put-away": N_("Dismissed an alert"),
    "PUT team/*/presence": N_("Set who takes new leads"),
    "POST team/*/absences": N_("Entered time off"),
    "DELETE team/*/absences/current": N_("Ended time off"),
    "PUT team/*/profile": N_("Changed how a rep signs"),
    "POST team/*/calendar": N_("Made a rep's calendar address"),
    "DELETE team/*/calendar": N_("Ended a rep's calendar address"),
    "PUT team/*/busy-calendar": N_("Had a rep's own calendar read"),
    "DELETE team/*/busy-calendar": N_("Had a rep's own calendar read no more"),
    "POST team/reassign": N_("Gave leads to somebody else"),
    "POST cadences/*/enrollments": N_("Enrolled leads in a cadence"),
    "DELETE enrollments/*": N_("Undid an enrollment of leads"),
    "POST publications": N_("Published cadences or policies"),
    "POST bundles": N_("Imported a bundle"),
    "POST images": N_("Uploaded an image"),
    "DELETE images/*": N_("Deleted an image"),
    "POST cadences/templates/*/test": N_("Sent a test mail"),
    "POST system/sending/resume": N_("Had paused mail go on"),
    "POST deliverability/senders/*/resume": N_("Let a stopped sender go on"),
    "POST suppressions": N_("Suppressed an address"),
    "POST suppressions/permit": N_("Permitted an address again"),
    "PUT suppressions/*": N_("Stopped marketing mail to a lead"),
    "POST suppressions/*/permit": N_("Allowed mail to a lead again"),
    "POST forms/submissions/*/release": N_("Released a form from spam"),
    "POST received/*/assign": N_("Said whose a received mail is"),
    "POST received/*/settle": N_("Said what a received mail is"),
    "POST webhooks/endpoints": N_("Added a webhook endpoint"),
    "POST webhooks/endpoints/remove": N_("Removed a webhook endpoint"),
    "POST webhooks/endpoints/pause": N_("Paused or resumed a webhook endpoint"),
    "POST webhooks/endpoints/test": N_("Sent a webhook endpoint a test"),
    "POST webhooks/deliveries/*/resend": N_("Sent a webhook event again"),
    "POST users": N_("Added a user"),
    "PATCH users/*": N_("Changed a user"),
    "DELETE users/*/second-factor": N_("Reset a user's second factor"),
    "DELETE users/*/company-account": N_("Freed a user from their company account"),
    "DELETE users/*/sessions": N_("Signed a user out everywhere"),
    "DELETE me/sessions": N_("Signed out everywhere"),
    "DELETE me/sessions/*": N_("Signed out one of their browsers"),
    "POST users/*/link": N_("Made a one-time link"),
    "POST users/*/invitation": N_("Sent a user a link by mail"),
    "POST mails/*/reply": N_("Replied to a mail as its recipient"),
    "POST figures/history": N_("Imported histories of leads"),
    "POST imports": N_("Uploaded a list"),
    "PATCH imports/*": N_("Mapped the columns of a list"),
    "POST imports/*/start": N_("Imported a list"),
    "DELETE imports/*": N_("Threw an uploaded list away"),
    "POST write-keys": N_("Made a write key"),
    "POST write-keys/revoke": N_("Revoked a write key"),
    "POST tokens": N_("Made an API token"),
    "POST tokens/revoke": N_("Revoked an API token"),
    "POST views": N_("Saved a view of a list"),
    "DELETE views/*": N_("Removed a view of a list"),
    "PATCH me": N_("Changed their own settings"),
    "PUT me/notification-settings": N_("Chose what to be told"),
    "PUT me/notification-settings/chat": N_("Gave the address of a chat"),
    "DELETE me/notification-settings/chat": N_("Took the address of a chat away"),
    "POST me/notification-settings/test": N_("Sent a test notification"),
    "POST me/notifications/seen": N_("Saw all notifications"),
}
"""Method and path under ``/api``, with a star for what is named → what was done."""
EXPORTED = N_("Exported a list")
"""What is on record of a GET: who took a list out as a file."""
PLACES = {
    "leads": ("/leads", N_("lead {number}")),
    "suppressions": ("/leads", N_("lead {number}")),
    "recycle": ("/leads", N_("lead {number}")),
    "tasks": ("/tasks", N_("task {number}")),
    "accounts": ("/accounts", N_("account {number}")),
    "imports": ("/import", N_("import {number}")),
    "enrollments": ("/enrollments", N_("enrollment {number}")),
}
"""First part of a path → page of the thing it names by number, and what it is called."""
FIELDS = {
    "begins_at": N_("From"),
    "cadence": N_("Cadence"),
    "disabled": N_("Disabled"),
    "direction": N_("Direction"),
    "disposition": N_("Disposition"),
    "domain": N_("Domain"),
    "email": N_("E-mail address"),
    "events": N_("Events"),
    "files": N_("Files"),
    "filters": N_("Filters"),
    "kind": N_("Kind"),
    "lead_id": N_("Lead number"),
    "leads": N_("Leads"),
    "name": N_("Name"),
    "note": N_("Note"),
    "other": N_("Other lead"),
    "outcome": N_("Disposition"),
    "owner": N_("Owner"),
    "page": N_("Page"),
    "paused": N_("Paused"),
    "per_day": N_("A day"),
    "per_hour": N_("An hour"),
    "phase": N_("Phase"),
    "points": N_("Points"),
    "present": N_("Takes new leads"),
    "rep": N_("Rep"),
    "replaces": N_("Takes leads out of other cadences"),
    "replace": N_("Replaces what was here"),
    "role": N_("Role"),
    "rows": N_("Rows"),
    "service": N_("Chat"),
    "settled_as": N_("Settled as"),
    "shared": N_("Shared"),
    "tasks": N_("Tasks"),
    "to": N_("To"),
    "until": N_("Until"),
    "url": N_("Address"),
    "version": N_("Version"),
    "way": N_("By"),
}
"""Field of a request that is kept → what it is called."""
KINDS_OF_KEY = {"browser": N_("for browsers"), "server": N_("for servers")}
VALUES: dict[str, Callable[[str], str]] = {
    "disposition": labels.disposition,
    "kind": lambda code: _(KINDS_OF_KEY[code]) if code in KINDS_OF_KEY else code,
    "outcome": labels.disposition,
    "owner": labels.person,
    "phase": labels.phase,
    "rep": labels.person,
    "role": labels.role,
    "settled_as": labels.engagement,
    "to": labels.person,
}
"""Field whose values are codes → how they are read."""
REFUSED: tuple[str, Tone] = (N_("Refused"), "warn")
FAILED: tuple[str, Tone] = (N_("Failed"), "bad")
ANSWERS: dict[int, tuple[str, Tone]] = {
    403: (N_("Not allowed"), "warn"),
    404: (N_("Not found"), "warn"),
    409: (N_("Not possible then"), "warn"),
    422: (N_("Entered wrongly"), "warn"),
    429: (N_("Too often"), "warn"),
    503: (N_("A server was away"), "bad"),
}
"""How HTTP says it → in words."""
_FITS = [
    (re.compile(re.escape(pattern).replace(r"\*", r"[^/]+").replace(r"\ ", " /api/")), sentence)
    for pattern, sentence in DONE.items()
]
_REP = re.compile(r"/api/team/([^/]+)/(?:presence|absences|profile|calendar)")
_NAMED = re.compile(r"/api/([a-z]+)/(\d+)(?:/|$)")


@console_page("/admin/changes", Action.READ_CHANGES, N_("Audit log"))
async def changes(
    visit: PageVisit,
    *,
    by: str = "",
    what: str = "",
    lead: str = "",
    task: str = "",
    since: str = "",
    until: str = "",
    before: int | None = None,
) -> None:
    """The latest first; also what was refused. ``since`` and ``until`` are days of the visitor's
    calendar, both included; ``what`` is a sentence of :data:`DONE`."""
    asked = {
        "by": by,
        "what": what,
        "lead": lead,
        "task": task,
        "since": since,
        "until": until,
    }
    patterns = [pattern for pattern, sentence in DONE.items() if sentence == what]
    found = await visit.read(
        list_changes,
        by=by.strip(),
        what=patterns,
        lead_id=number_of(lead),
        task_id=number_of(task),
        since=_midnight(visit, since),
        until=_midnight(visit, until, days=1),
        before=before,
        limit=PAGE,
    )
    with visit.top:
        export_button(
            "/changes",
            {
                "by": by.strip(),
                "what": patterns,
                "lead": number_of(lead),
                "task": number_of(task),
                "since": _midnight(visit, since),
                "until": _midnight(visit, until, days=1),
            },
        )
    show(_filters(asked))
    if not found:
        empty(
            _("Nothing was changed by them, or about it.")
            if any(asked.values())
            else _("Nobody has changed anything yet.")
        )
        return
    names = await visit.read(_names, found)
    show(
        table(
            (_("When"), _("Who"), _("What"), _("About"), _("Answer")),
            [_row(one, names) for one in found],
            caption=_("Audit log"),
        )
    )
    if len(found) == PAGE:
        show(link(_("Earlier ones"), "/admin/changes", **asked, before=found[-1].id), "p")


_FILTERS = piece(
    """
    <form class="filters plain" action="/console/admin/changes">
    <label>{{ who }}<input name="by" value="{{ asked.by }}"></label>
    <label>{{ what }}<select name="what"><option value="">{{ everything }}</option>
    {% for one, shown in sentences %}
    <option value="{{ one }}"{% if one == asked.what %} selected{% endif %}>{{ shown }}</option>
    {% endfor %}
    </select></label>
    <label>{{ lead }}<input name="lead" inputmode="numeric" value="{{ asked.lead }}"></label>
    <label>{{ task }}<input name="task" inputmode="numeric" value="{{ asked.task }}"></label>
    <label>{{ since }}<input name="since" type="date" value="{{ asked.since }}"></label>
    <label>{{ until }}<input name="until" type="date" value="{{ asked.until }}"></label>
    <button class="reach-by">{{ search }}</button>
    </form>
    """
)


def _filters(asked: Mapping[str, str]) -> Markup:
    told = {sentence: _(sentence) for sentence in DONE.values()}
    return _FILTERS(
        asked=asked,
        sentences=sorted(told.items(), key=lambda one: one[1]),
        who=_("Who"),
        what=_("What"),
        everything=_("Everything"),
        lead=_("Lead number"),
        task=_("Task number"),
        since=_("From day"),
        until=_("Until day"),
        search=_("Search"),
    )


def number_of(typed: str) -> int | None:
    """The number somebody typed; None for none."""
    return int(typed) if typed.strip().isdecimal() else None


def _midnight(visit: PageVisit, day: str, *, days: int = 0) -> datetime | None:
    """When a day of the visitor's calendar begins (UTC); ``days`` later if given."""
    try:
        chosen = date.fromisoformat(day) + timedelta(days=days)
        return datetime.combine(chosen, datetime.min.time(), visit.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class _RecordNames:
    """Users by address and by id, and the things that changes name."""

    users: Mapping[str, str]
    by_id: Mapping[int, str]
    things: NamedThings


def _names(connection: Connection, found: Sequence[RecordedChange]) -> _RecordNames:
    named: dict[str, set[int]] = {kind: set() for kind in PLACES}
    for one in found:
        if (match := _NAMED.match(one.path)) and match[1] in named:
            named[match[1]].add(int(match[2]))
    leads = named["leads"] | named["suppressions"] | named["recycle"]
    users = list_users(connection)
    return _RecordNames(
        users={one.email: one.name for one in users},
        by_id={one.id: one.name for one in users},
        things=name_things(connection, leads, named["tasks"], named["accounts"]),
    )


def _row(one: RecordedChange, names: _RecordNames) -> tuple[Cell, ...]:
    name = names.users.get(one.by)
    by = labels.person(one.by)
    who: Cell = Markup('<span title="{}">{}</span>').format(one.by, name) if name else by
    if one.rep and name is None:
        who = Markup("{} {}").format(one.by, quiet(labels.person(one.rep)))
    about = Markup('<span class="two">{}{}</span>').format(_about(one, names), _asked(one))
    return real_time(one.at, in_log=True), who, _told(one), about, _answer(one.status)


def sentence_of(asked: str) -> str | None:
    """What ``METHOD /api/path`` did, in English; None when nobody wrote a sentence for it."""
    if asked.startswith("GET "):
        return EXPORTED
    return next((sentence for fits, sentence in _FITS if fits.fullmatch(asked)), None)


def _told(one: RecordedChange) -> Markup:
    asked = f"{one.method} {one.path}"
    sentence = sentence_of(asked)
    if sentence is None:
        return Markup("<code>{}</code>").format(asked)
    return Markup('<span title="{}">{}</span>').format(asked, _(sentence))


def _asked(one: RecordedChange) -> Cell:
    """What was sent along, as far as it is kept."""
    said = [_field(name, value) for name, value in one.asked.items()]
    return quiet(" · ".join(said)) if said else ""


def _field(name: str, value: object) -> str:
    label = _(FIELDS[name]) if name in FIELDS else name.replace("_", " ")
    return f"{label}: {_said(name, value)}"


def _said(name: str, value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_said(name, one) for one in value)
    return VALUES[name](str(value)) if name in VALUES else str(value)


def _about(one: RecordedChange, names: _RecordNames) -> Cell:
    path = one.path
    if one.method == "GET":
        return Markup("<code>{}</code>").format(path.removeprefix("/api/"))
    if rep := _REP.match(path):
        return link(labels.person(rep[1]), f"/team/{rep[1]}")
    named = _NAMED.match(path)
    if named is None:
        return ""
    number = int(named[2])
    if named[1] == "users":
        return names.by_id.get(number, "")
    if named[1] not in PLACES:
        return ""
    page, sentence = PLACES[named[1]]
    known = {"tasks": names.things.tasks, "accounts": names.things.accounts}
    name = known.get(named[1], names.things.leads).get(number, "")
    shown = link(_(sentence, number=number), f"{page}/{number}")
    return Markup("{} {}").format(name, shown) if name else shown


def _answer(status: int | None) -> Markup:
    if status is None:
        return badge(_("No answer"), "bad")
    if status < 400:
        return badge(_("Done"), "good")
    words, tone = ANSWERS.get(status, FAILED if status >= 500 else REFUSED)
    return badge(_(words), tone)
