"""What the figures of leaks mean, as ``docs/figures.md`` says it."""

from __future__ import annotations

from collections.abc import Mapping

from web.console.words import N_

LEAK_DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "waiting": (
        N_("Waiting"),
        N_("Leads that stand in the stage now, and neither won nor were lost in this cycle."),
    ),
    "overdue": (
        N_("Longer than usual"),
        N_(
            "Waiting for longer than nine tenths of those took that went on from the stage in the "
            "twelve months before the period, imported history among them."
        ),
    ),
    "usual": (
        N_("Usual days"),
        N_(
            "Half of those that went on from the stage in the twelve months before the period took "
            "no longer than the first figure, nine tenths no longer than the second. Of fewer than "
            "20 there is none."
        ),
    ),
    "lost": (
        N_("Lost on the way"),
        N_(
            "Lost, recycled, disqualified or ended in the period, by the furthest stage that the "
            "lead had reached. The share is of these and those that went on from it."
        ),
    ),
    "handed_over": (
        N_("Handed over"),
        N_("Leads that became sales-ready in the period."),
    ),
    "in_time": (
        N_("Tried in time"),
        N_(
            "A person tried the lead within the time in which sales promised to accept it; without "
            "such a promise, within an hour."
        ),
    ),
    "late": (N_("Tried late"), N_("A person tried the lead, after that time.")),
    "by_itself": (
        N_("Went on before"),
        N_("Had a meeting booked before anybody tried it."),
    ),
    "untried": (
        N_("Never tried"),
        N_("The time is over and nobody tried it; those in sales' hands still can be worked."),
    ),
    "not_due": (N_("Not due yet"), N_("Not tried yet, and the time is not over.")),
    "went_on": (
        N_("Went on"),
        N_(
            "Of leads that were handed over at least 30 days ago, those that had a meeting booked "
            "within 30 days."
        ),
    ),
    "cost_of_late": (
        N_("Observed cost"),
        N_(
            "So many more leads would have gone on, had those tried late done so as often as those "
            "tried in time; with an interval of 95 %. It is what was seen, and no proof of a cause."
        ),
    ),
    "no_show": (
        N_("No-shows"),
        N_("Of meetings of the period that were kept or missed, those that were missed."),
    ),
    "recovered": (
        N_("Won back"),
        N_("No-shows after which another time was booked, and kept."),
    ),
    "resting": (
        N_("Rest after their day"),
        N_("Recycled leads whose day to come back has passed, and that rest still."),
    ),
}
"""Key → name, and what it means."""
