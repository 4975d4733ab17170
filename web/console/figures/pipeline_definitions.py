"""What the figures of the pipeline, the forecast and the recycle yield mean, as ``docs/figures.md``
says it."""

from __future__ import annotations

from collections.abc import Mapping

from web.console.words import N_

PIPELINE_DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "waterfall": (
        N_("Change of the pipeline"),
        N_(
            "Open opportunities at the beginning, what came in, what went out, and what is open at "
            "the end, at the rates of the last day. What slipped or was pulled in is told where "
            "only some closing days are asked for."
        ),
    ),
    "stage_win_rate": (
        N_("Win rate"),
        N_("Of the opportunities that were closed, those that were won. Of fewer than 20 none."),
    ),
    "coverage": (
        N_("Coverage"),
        N_("The pipeline at the end over what is missing to the target."),
    ),
    "expected": (
        N_("Expected"),
        N_(
            "What is won of the opportunities that are open now, by how soon those of the last 24 "
            "months were won or lost at the same age, with an interval of 95 %. What is opened "
            "later comes on top. None where fewer than 20 were closed."
        ),
    ),
    "weighted": (
        N_("Weighted"),
        N_(
            "The open value times the share that was won of those that had been in the stage and "
            "were closed in the last 24 months. Of fewer than 20 there is none."
        ),
    ),
    "backtest": (
        N_("Error of past forecasts"),
        N_(
            "At each month's beginning, the forecast by what was known then, against what came: "
            "the sum of all deviations over what came. Of fewer than 20 wins there is none."
        ),
    ),
    "came_back": (
        N_("Came back"),
        N_("Recycled leads that began another cycle; the share is of those that no longer rest."),
    ),
    "requalified": (
        N_("Qualified again"),
        N_("Of those that came back long enough ago, those that reached MQL within the window."),
    ),
    "worth": (
        N_("Worth"),
        N_("Opportunities won in the cycle after, at the rate of the day on which they were won."),
    ),
    "touched": (
        N_("Mails and attempts"),
        N_(
            "Mails that went out and attempts by people, from being recycled until the end of the "
            "next cycle; of net-new leads in their first. Immature leads are left out."
        ),
    ),
    "spent": (
        N_("Spend on new leads"),
        N_(
            "What was spent in the period, since leads are known here, brought new leads: recycled "
            "ones cost nothing of it."
        ),
    ),
    "other_waits": (
        N_("Difference to the usual wait"),
        N_(
            "The share of those that waited so, less that of those that waited as most of the same "
            "reason did, with an interval of 95 %. Of fewer than 20 leads on either side there is "
            "none. It is what was seen, and no proof of a cause."
        ),
    ),
}
"""Key → name, and what it means."""
