"""``/console/meetings``: an agenda of appointments, day by day in the visitor's zone."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from domain.meetings.report_fields import web_address
from services.access import team_of
from store.meetings.meeting_lines import MeetingFilter, MeetingLine, MeetingState, list_meetings
from web.console import labels
from web.console.labels import meeting_state
from web.console.lists.export import export_button
from web.console.lists.saved_views import SavedViews
from web.console.pages import console_page
from web.console.parts import Cell, Tone, badge, empty, link, quiet, section, show, table
from web.console.times import bounds_of_today, hour, weekday
from web.console.visit import PageVisit
from web.console.words import N_, _

MOST = 200
"""Appointments that are shown; who looks for older ones looks at the lead."""
STANDING = "standing"
"""In the address, as a state: all but those that were called off."""
TONES: dict[str, Tone] = {"held": "good", "no_show": "bad", "cancelled": "quiet"}
SHAPES = {"": N_("Day by day"), "list": N_("As one list")}
"""What the address says of how they are shown → what is shown."""
PARTS = {
    "": N_("Upcoming"),
    "today": N_("Today"),
    "week": N_("The next seven days"),
    "past": N_("Past"),
}
"""What the address says of the time → what is shown."""


@console_page("/meetings", Action.READ_MEETINGS, N_("Meetings"))
async def meetings(
    visit: PageVisit, *, on: str = "", state: str = "", owner: str = "", show_as: str = ""
) -> None:
    """Those from today on, of today (``on=today``), of a week or the past ones, in a state, with a
    rep; day by day or as one list (``show_as=list``)."""
    on = on if on in PARTS else ""
    wanted_state = MeetingState(state) if state in list(MeetingState) else None
    begins, ends = bounds_of_today(visit)
    until = {"today": ends, "week": begins + timedelta(days=7), "past": begins}.get(on)
    wanted = MeetingFilter(
        owner=owner or None,
        state=wanted_state,
        standing=state == STANDING,
        since=None if on == "past" else begins,
        until=until,
        team=team_of(visit.caller),
    )
    found = await visit.read(list_meetings, wanted, limit=MOST, latest_first=on == "past")

    with visit.top:
        export_button(
            "/meetings",
            {
                "owner": wanted.owner,
                "state": wanted_state,
                "standing": wanted.standing,
                "from": wanted.since,
                "to": wanted.until,
            },
        )
    show_as = show_as if show_as in SHAPES else ""
    shown = {"on": on, "state": state, "owner": owner, "show_as": show_as}
    chosen = {name: said for name, said in shown.items() if said}
    await SavedViews(visit, "/meetings", lambda: urlencode(chosen)).show()

    def go() -> None:
        asked = {"on": part.value, "state": states.value, "owner": (rep.value or "").strip()}
        asked["show_as"] = shape.value
        ui.navigate.to(f"/meetings?{urlencode(asked)}")

    with ui.element("div").classes("filters"):
        part = ui.select(
            {code: _(label) for code, label in PARTS.items()},
            value=on,
            label=_("Day"),
            on_change=go,
        )
        states = ui.select(
            {"": _("Any state"), STANDING: _("Not called off")}
            | {one.value: meeting_state(one) for one in MeetingState},
            value=STANDING if wanted.standing else wanted_state or "",
            label=_("State"),
            on_change=go,
        )
        people = {"": _("Everybody")} | dict(visit.people)
        people.setdefault(owner, owner)
        rep = ui.select(people, value=owner, label=_("Rep"), on_change=go)
        shape = ui.select(
            {code: _(label) for code, label in SHAPES.items()},
            value=show_as,
            label=_("Shown"),
            on_change=go,
        )
    if not found:
        empty(
            _("There are no such meetings."),
            link(_("Open the inbox: a meeting is booked with a task."), "/inbox"),
        )
    headings = (_("When"), _("Lead"), _("Account"), _("Rep"), _("Where"), _("State"))
    if show_as and found:
        rows = [(weekday_of(one), *_row(one)) for one in found]
        caption = _("Meetings")
        show(table((_("Day"), *headings), rows, caption=caption, sortable=True))
        return
    for day, of_day in groupby(found, lambda one: weekday(one.starts_at)):
        with section(day):
            show(table(headings, [_row(one) for one in of_day], caption=day))


def weekday_of(one: MeetingLine) -> Markup:
    """Its day, which lists are sorted by."""
    return Markup('<time datetime="{}">{}</time>').format(
        one.starts_at.isoformat(), weekday(one.starts_at)
    )


def _row(one: MeetingLine) -> tuple[Cell, ...]:
    return (
        link(when(one), f"/meetings/{one.id}"),
        link(one.name or f"#{one.lead_id}", f"/leads/{one.lead_id}"),
        one.company,
        labels.person(one.owner),
        where(one),
        badge(meeting_state(one.state), TONES.get(one.state, "plain")),
    )


def when(one: MeetingLine) -> Markup:
    """From when until when, and what the lead's clock shows then, where that is another time."""
    ends = one.starts_at + timedelta(minutes=one.minutes)
    times = Markup('<time datetime="{}">{} – {}</time>').format(
        one.starts_at.isoformat(), hour(one.starts_at), hour(ends)
    )
    theirs = hour(one.starts_at, one.time_zone)
    if theirs == hour(one.starts_at):
        return times
    return times + Markup(" {}").format(quiet(_("{time} there", time=theirs)))


def where(one: MeetingLine) -> Cell:
    """Where it takes place: a link to join, or the room or number."""
    if web_address(one.join_url):
        return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
            one.join_url, _("Join")
        )
    return one.place
