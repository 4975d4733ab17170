"""``/console/meetings/…``: one appointment, which a rep moves or calls off with a word to the
lead."""

from __future__ import annotations

from datetime import datetime

from nicegui import ui

import services.meetings
from domain.access import Action
from services.meeting_mails import MeetingChange
from store.meetings.meeting_lines import MeetingState
from store.meetings.meeting_rows import MeetingWords
from web.console import labels
from web.console.booking import Asked, ask_time, ask_words
from web.console.frame import say_done
from web.console.labels import meeting_state
from web.console.pages import console_page
from web.console.parts import badge, button, facts, link, section, show
from web.console.sales.meetings import TONES, when, where
from web.console.times import weekday, weekday_time
from web.console.visit import PageVisit
from web.console.words import N_, _

BY = {"lead": N_("The lead"), "us": N_("Us")}
"""Who called a meeting off → what is shown."""


@console_page("/meetings/{meeting_id}", Action.READ_MEETINGS, N_("Meeting"))
async def meeting(visit: PageVisit, meeting_id: int) -> None:
    """When, with whom and where; what was written to the lead."""
    one = await visit.read(services.meetings.seen, visit.caller, meeting_id)
    with section(one.name or f"#{one.lead_id}"):
        show(
            facts(
                {
                    _("Day"): weekday(one.starts_at),
                    _("When"): when(one),
                    _("Lead"): link(one.name or f"#{one.lead_id}", f"/leads/{one.lead_id}"),
                    _("Account"): one.company,
                    _("Rep"): labels.person(one.owner),
                    _("Where"): where(one),
                    _("State"): badge(meeting_state(one.state), TONES.get(one.state, "plain")),
                    _("Called off by"): _(BY[one.cancelled_by]) if one.cancelled_by else "",
                    _("Called off on"): weekday_time(one.cancelled_at) if one.cancelled_at else "",
                    _("Word to the lead"): one.words,
                }
            )
        )
    ahead = one.state == MeetingState.BOOKED and one.starts_at > visit.context.clock.now()
    if not (ahead and visit.may(Action.BOOK_MEETINGS)):
        return

    change = MeetingChange(meeting_id=meeting_id)

    async def move(at: datetime, minutes: int, words: MeetingWords) -> None:
        await visit.act(
            services.meetings.reschedule, meeting_id, starts_at=at, minutes=minutes, words=words
        )

    async def call_off(words: MeetingWords) -> None:
        await visit.act(services.meetings.cancel, meeting_id, words)

    async def done(sentence: str) -> None:
        say_done(sentence)
        ui.navigate.reload()

    async def moving() -> None:
        asked = Asked(_("Move the meeting"), _("Move"), move, change, minutes=one.minutes)
        moved = _("The meeting is moved, and the lead gets the new time.")
        await ask_time(
            visit,
            asked,
            owner=one.owner,
            time_zone=one.time_zone,
            country=one.country,
            done=lambda: done(moved),
        )

    async def cancelling() -> None:
        off = _("The meeting is called off, and the lead is told.")
        await ask_words(
            visit,
            _("Call the meeting off?"),
            _("Call it off"),
            act=call_off,
            change=change,
            done=lambda: done(off),
        )

    with visit.top:
        if not one.provider:
            button(_("Move"), moving, main=True, key="m")
        button(_("Call off"), cancelling, danger=True)
