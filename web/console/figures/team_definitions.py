"""What figures of both sides' agreement mean, as ``docs/figures.md`` says it."""

from __future__ import annotations

from collections.abc import Mapping

from web.console.words import N_

TEAM_DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "tried": (
        N_("Tried"),
        N_("A person tried to reach the lead: a call, a task of a cadence, a mail by hand."),
    ),
    "minutes": (
        N_("Minutes to the first attempt"),
        N_(
            "From becoming sales-ready to the first attempt by a person, by the wall and in the "
            "hours in which the rep's team works. Half of those that were tried took no longer "
            "than the first figure, nine tenths no longer than the second."
        ),
    ),
    "soon": (
        N_("Within 5 minutes, within an hour"),
        N_("Of all leads that were handed over at least so long ago, tried or not."),
    ),
    "persistence": (
        N_("Persistence"),
        N_(
            "Attempts per lead, and the share of those whose first week is over that had as many "
            "attempts in it as the SLA wants."
        ),
    ),
    "gap": (N_("Longest gap"), N_("The longest time between two attempts at one lead.")),
    "met": (N_("Met"), N_("Promises that were given in the period and kept.")),
    "due": (N_("Due (missed)"), N_("Promises that were missed, whatever came later.")),
    "past_due": (N_("Past due"), N_("Promises that were missed and are open still.")),
    "promised": (N_("May still be met"), N_("The time of the promise is not over.")),
    "kept_share": (N_("Share met"), N_("met / (met + due). Of fewer than 20 there is none.")),
    "accepted": (N_("Accepted"), N_("Leads that sales accepted, at the time of the answer.")),
    "returned": (
        N_("Returned"),
        N_("Leads that sales returned. Each share is of all that were answered."),
    ),
}
"""Key → name, and what it means."""
