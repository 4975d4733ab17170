"""What figures by month of entering and of each day mean, as ``docs/figures.md`` says it."""

from __future__ import annotations

from collections.abc import Mapping

from web.console.words import N_

MONTH_DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "reached": (
        N_("Reached"),
        N_("Leads that reached the later stage, or one beyond it, in the same cycle."),
    ),
    "cell": (
        N_("Reached within"),
        N_(
            "Of the leads that entered at least so many days ago, the share that reached the later "
            "stage within so many days of entering. Of fewer than 20 it is said how many of how "
            "many."
        ),
    ),
    "immature_cell": (
        N_("Immature (*)"),
        N_("Some of the month entered later than so many days ago: they are not in this share."),
    ),
    "restated": (
        N_("Restated"),
        N_("Late facts changed it. The file of the day says it anew, and both are kept."),
    ),
    "stated": (
        N_("Stated"),
        N_("What was counted in the night after the day, or in the first night of counting."),
    ),
    "quarter": (N_("First quarter"), N_("A quarter of those that went on took no longer.")),
    "three_quarters": (
        N_("Three quarters"),
        N_("Three quarters of those that went on took no longer."),
    ),
    "nine_tenths": (N_("Nine tenths"), N_("Nine tenths of those that went on took no longer.")),
}
"""Key → name, and what it means."""
