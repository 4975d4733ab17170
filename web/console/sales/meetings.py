"""``/console/meetings``: appointments, the one that begins last first."""

from __future__ import annotations

from urllib.parse import urlencode

from nicegui import ui

from domain.access import Action
from services.access import team_of
from store.meetings.meeting_lines import MeetingFilter, MeetingLine, MeetingState, list_meetings
from web.console import labels
from web.console.labels import meeting_state
from web.console.pages import console_page
from web.console.parts import Cell, Tone, badge, empty, link, show, table
from web.console.times import bounds_of_today, moment
from web.console.visit import PageVisit
from web.console.words import N_, _

MOST = 200
"""Appointments that are shown; who looks for older ones looks at the lead."""
STANDING = "standing"
"""In the address, as a state: all but those that were called off."""
TONES: dict[str, Tone] = {"held": "good", "no_show": "bad", "cancelled": "quiet"}


@console_page("/meetings", Action.READ_MEETINGS, N_("Meetings"))
async def meetings(visit: PageVisit, on: str = "", state: str = "", owner: str = "") -> None:
    """All, or those of today (``on=today``), in a state, with a rep."""
    wanted_state = MeetingState(state) if state in list(MeetingState) else None
    since, until = bounds_of_today(visit) if on == "today" else (None, None)
    wanted = MeetingFilter(
        owner=owner or None,
        state=wanted_state,
        standing=state == STANDING,
        since=since,
        until=until,
        team=team_of(visit.caller),
    )
    found = await visit.read(list_meetings, wanted, limit=MOST)

    def go() -> None:
        asked = {"on": days.value, "state": states.value, "owner": (rep.value or "").strip()}
        ui.navigate.to(f"/meetings?{urlencode(asked)}")

    with ui.element("div").classes("filters"):
        days = ui.select(
            {"": _("Any day"), "today": _("Today")},
            value=on if on == "today" else "",
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
    if not found:
        empty(
            _("There are no such meetings."),
            link(_("Open the inbox: a meeting is booked with a task."), "/inbox"),
        )
        return
    show(
        table(
            (_("When"), _("Lead"), _("Account"), _("Rep"), _("State"), _("Times set")),
            [_row(one) for one in found],
            caption=_("Meetings"),
            numbers=(5,),
        )
    )


def _row(one: MeetingLine) -> tuple[Cell, ...]:
    return (
        moment(one.starts_at),
        link(one.name or f"#{one.lead_id}", f"/leads/{one.lead_id}"),
        one.company,
        labels.person(one.owner),
        badge(meeting_state(one.state), TONES.get(one.state, "plain")),
        one.attempt,
    )
