"""What is told of the calendars of reps that are read for their busy times."""

from __future__ import annotations

from markupsafe import Markup

from store.routing.busy_calendars import CalendarState
from web.console.parts import badge, quiet
from web.console.times import real_ago
from web.console.words import N_, _

TROUBLES = {
    "private": N_("Its address leads into a private network."),
    "timeout": N_("Its server does not answer in time."),
    "unreachable": N_("Its server can't be reached."),
    "too_large": N_("It is too large to be read."),
    "redirects": N_("Its server sends us on and on."),
    "partly": N_("Some of its entries can't be read; the others count."),
    "no_calendar": N_("What lies there is no calendar that can be read."),
}
"""Why a calendar can't be read → what is shown."""


def told_state(state: CalendarState) -> Markup:
    """How it stands with the calendar, and what that means for the times that are offered."""
    lines = [badge(state.host), *_means(state)]
    return Markup(" ").join(lines)


def caution(state: CalendarState | None) -> str:
    """What to know of the free times of a rep with this calendar; '' for nothing."""
    if state is None or state.state == "read":
        return ""
    if state.state == "new":
        return _("The rep's own calendar was not read yet: a time may be taken there.")
    if state.state == "stale" and state.read_at:
        return _(
            "The rep's own calendar was read {ago}: a time may be taken since.",
            ago=real_ago(state.read_at),
        )
    return _("The rep's own calendar can't be read: a time may be taken there.")


def _means(state: CalendarState) -> list[Markup]:
    trouble = TROUBLES.get(state.trouble, "")
    if not trouble and state.trouble.startswith("http_"):
        why = _(
            "Its server answers {status}: make a new address there.",
            status=state.trouble.removeprefix("http_"),
        )
    else:
        why = _(trouble) if trouble else ""
    last = _("Read {ago}.", ago=real_ago(state.read_at)) if state.read_at else ""
    match state.state:
        case "new":
            return [quiet(_("Not read yet."))]
        case "read":
            return [quiet(last), quiet(why)] if why else [quiet(last)]
        case "stale":
            said = _("It can't be read now: times are offered by what was read last.")
            return [badge(_("Stale"), "warn"), quiet(last), quiet(said), quiet(why)]
        case "lost":
            said = _("It can't be read: times are offered by your team's hours and meetings alone.")
            return [badge(_("Can't be read"), "bad"), quiet(last), quiet(said), quiet(why)]
