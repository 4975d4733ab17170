"""What the figures of scoring, content, wins and losses mean, as ``docs/figures.md`` says it."""

from __future__ import annotations

from collections.abc import Mapping

from web.console.words import N_

SCORING_DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "graded": (
        N_("Handed over by grade"),
        N_(
            "Leads that became sales-ready in the period, by their grade then; without those that "
            "sales had accepted before."
        ),
    ),
    "goal": (
        N_("Reached the goal"),
        N_(
            "Sales accepted the lead (it reached SAL), or it was won; within the window, if there "
            "is one. Shares are of those old enough for it."
        ),
    ),
    "lift": (
        N_("Lift"),
        N_(
            "The share of these over that of all: 2 is twice as good, 1 no better. With its "
            "interval of 95 %; of fewer than 20 cases there is none."
        ),
    ),
    "area": (
        N_("Area under the curve"),
        N_(
            "How often a lead that reached the goal has more points than one that did not. 50 % is "
            "what a coin would do."
        ),
    ),
    "precision": (
        N_("Precision"),
        N_("Of the leads with so many points or more, the share that reached the goal."),
    ),
    "recall": (
        N_("Recall"),
        N_("Of the leads that reached the goal, the share that has so many points or more."),
    ),
    "suggested": (
        N_("Suggested threshold"),
        N_(
            "The highest that keeps nine of ten leads that reached the goal, if surely fewer of "
            "those below it did. Of leads that were never handed over nobody knows: it can only be "
            "higher than the one in force."
        ),
    ),
    "rule_leads": (
        N_("Leads with the rule"),
        N_(
            "Of the leads that were looked at, those for which the rule held: of interest until "
            "they reached the goal, the window was over or their next cycle began, of fit as they "
            "are known now."
        ),
    ),
    "verdict": (
        N_("What it tells"),
        N_(
            "The wrong way: surely fewer of these reach the goal though it gives points, or more "
            "though it takes some. The intervals hold for all rows together."
        ),
    ),
    "seen": (
        N_("Seen"),
        N_(
            "Leads, by week, that stood in a stage for the whole week and saw it in that week: the "
            "mail was sent to them, or they opened the page."
        ),
    ),
    "control": (
        N_("Control"),
        N_(
            "The share that went on of leads in the same stages and weeks that did not see it, "
            "weighed alike."
        ),
    ),
    "content_difference": (
        N_("Difference"),
        N_(
            "The share that went on in the week after, less that of the control, with an interval "
            "that holds for all rows together. Observed: it proves no cause."
        ),
    ),
    "uses": (
        N_("Uses by sales"),
        N_(
            "Mails, notes and answers that sales wrote in the period with this address in them, or "
            "that somebody sent in marketing's words. Mails that go out by themselves after a call "
            "count only where sales changed their words."
        ),
    ),
    "win_rate": (
        N_("Win rate"),
        N_("Won, of all opportunities that ended in the period; with its interval of 95 %."),
    ),
    "lost_deals": (
        N_("Lost opportunities"),
        N_("All that ended without a win, those without an outcome among them."),
    ),
    "closed_lost": (
        N_("Rest after a loss"),
        N_("Leads that are in the recycle pool now because their opportunity was lost."),
    ),
    "due_back": (
        N_("To come back already"),
        N_("Those of them whose day to come back is over."),
    ),
    "suggested_points": (
        N_("Suggested points"),
        N_(
            "Ten for each doubling of the lift, by the end of the interval that is nearer to 1, in "
            "fives. None where the interval, which holds for all rows together, has 1 in it."
        ),
    ),
}
"""Key → name, and what it means."""
