"""What each figure means, as ``docs/figures.md`` says it: on hover, and beneath the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from web.console.figures.data_definitions import DEFINITIONS_OF_DATA
from web.console.figures.leak_definitions import LEAK_DEFINITIONS
from web.console.figures.month_definitions import MONTH_DEFINITIONS
from web.console.figures.pipeline_definitions import PIPELINE_DEFINITIONS
from web.console.figures.scoring_definitions import SCORING_DEFINITIONS
from web.console.figures.step_definitions import STEP_DEFINITIONS
from web.console.figures.team_definitions import TEAM_DEFINITIONS
from web.console.parts import HeadingMeaning, section, show
from web.console.words import N_, _

DEFINITIONS: Mapping[str, tuple[str, str]] = {
    **LEAK_DEFINITIONS,
    "unit": (
        N_("Lead in a cycle"),
        N_(
            "What is counted: a lead counts once more each time that it comes back for a new cycle."
        ),
    ),
    "entered": (
        N_("Entered"),
        N_("Leads that reached the stage in the period; of a cohort, those that did so first."),
    ),
    "implied": (
        N_("Implied"),
        N_(
            "Passed over on the way to a later stage: counted as reached, with the time of the "
            "stage that was reached, and in no duration."
        ),
    ),
    "left": (N_("Left"), N_("Leads that left the stage in the period, whichever way.")),
    "converted": (
        N_("Converted"),
        N_(
            "Of a cohort, those that went on within the window; of activity, those that left for a "
            "stage beyond."
        ),
    ),
    "immature": (
        N_("Immature"),
        N_("Younger than the window: neither converted nor lost yet, and in no conversion."),
    ),
    "conversion": (
        N_("Conversion"),
        N_(
            "Of a cohort: converted / (entered − immature). Of activity: converted / left. Of "
            "fewer than 20 cases there is their number and no share."
        ),
    ),
    "median": (
        N_("Median days"),
        N_("Half of those that went on took no longer. Days are 24 hours."),
    ),
    "censored": (
        N_("Censored median"),
        N_(
            "Half of those that entered took no longer, those that have not gone on included "
            "(Kaplan and Meier). None while too few have gone on to tell, or of fewer than 20."
        ),
    ),
    "quartiles": (
        N_("Quartiles"),
        N_(
            "A quarter took no longer than the first figure, three quarters no longer than the "
            "second."
        ),
    ),
    "faults": (
        N_("Data faults"),
        N_("Durations of zero or less, such as of a mistyped date: in no median, but converted."),
    ),
    "net_new": (N_("Net-new"), N_("Leads in their first cycle.")),
    "recycled": (N_("Recycled"), N_("Leads in a later cycle, after they rested.")),
    "wins": (
        N_("Wins"),
        N_("Opportunities won in the period. Sources that share one have a part of it each."),
    ),
    "spend": (
        N_("Spend"),
        N_("What was entered for the period; a month's figure falls on its days in equal parts."),
    ),
    "cost": (
        N_("Cost"),
        N_("Spend, divided by the leads, MQLs or wins of the same period and source."),
    ),
    "value": (
        N_("Value"),
        N_("Amounts of the wins, in the company's currency at the rate of the day they were won."),
    ),
    "return": (
        N_("Return on spend"),
        N_("(value − spend) / spend. Of fewer than 20 wins there is none."),
    ),
    "department": (
        N_("Department"),
        N_(
            "Who found what became a win: marketing; sales, whose calls began before the lead "
            "showed interest; or customer success, where the lead was a customer already."
        ),
    ),
    **DEFINITIONS_OF_DATA,
    **SCORING_DEFINITIONS,
    **PIPELINE_DEFINITIONS,
    **MONTH_DEFINITIONS,
    **TEAM_DEFINITIONS,
    **STEP_DEFINITIONS,
}
"""Key → name, and what it means."""


def heading(key: str) -> str:
    """The name of a figure."""
    return _(DEFINITIONS[key][0])


def meaning(key: str) -> HeadingMeaning:
    """What a heading says on hover, and the paragraph that it leads to."""
    return HeadingMeaning(f"means-{key}", _(DEFINITIONS[key][1]))


def show_definitions(keys: Sequence[str]) -> None:
    """The paragraphs that the headings lead to."""
    with section(_("What the figures mean")):
        show(
            Markup('<dl class="meanings">{}</dl>').format(
                Markup().join(
                    Markup('<div id="means-{}"><dt>{}</dt><dd>{}</dd></div>').format(
                        key, heading(key), meaning(key).text
                    )
                    for key in keys
                )
            )
        )
        show(
            Markup('<span class="quiet">{}</span>').format(
                _("All definitions: {file}", file="docs/figures.md")
            ),
            "p",
        )
