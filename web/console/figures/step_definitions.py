"""What the figures of the steps of a cadence mean, as ``docs/figures.md`` says it."""

from __future__ import annotations

from collections.abc import Mapping

from web.console.words import N_

STEP_DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "step_sent": (
        N_("Mails sent"),
        N_(
            "Mails of the step that a provider or a server took, and those that bounced; by the "
            "day on which they were sent, whenever the rest was heard of."
        ),
    ),
    "step_delivered": (
        N_("Delivered"),
        N_("Mails that a provider reports as delivered; plain mail servers don't tell."),
    ),
    "step_bounced": (
        N_("Bounced"),
        N_("Mails that came back or were refused. The share is of those sent."),
    ),
    "step_opened": (
        N_("Opened"),
        N_(
            "Mails that a person opened or clicked in; what scanners and privacy proxies opened is "
            "left out. This share and the next are of mails that did not bounce."
        ),
    ),
    "step_clicked": (N_("Clicked"), N_("Mails in which a person followed a link.")),
    "step_replied": (N_("Replied"), N_("Mails that were answered.")),
    "step_unsubscribed": (
        N_("Unsubscribed"),
        N_("Mails after which their readers asked for no more."),
    ),
    "step_failed": (
        N_("Failed"),
        N_("Mails that were refused before anybody saw them, or could not be made."),
    ),
    "step_held_back": (
        N_("Held back"),
        N_("Mails that did not go because the lead wants none, or none of this topic."),
    ),
    "step_unsettled": (
        N_("Unsettled"),
        N_("Mails that wait to go, or of which nobody knows whether they went."),
    ),
    "step_task": (
        N_("Tasks"),
        N_("Tasks that the step opened in the period, by how they ended."),
    ),
    "step_booked": (
        N_("Booked"),
        N_(
            "Touches after which the lead booked a meeting: within 30 days, and no other mail or "
            "task of a cadence came between. The share is of mails that did not bounce and of "
            "tasks done."
        ),
    ),
    "step_mql": (
        N_("MQL"),
        N_(
            "Touches after which the lead became an MQL: within 30 days, and no other mail or task "
            "of a cadence came between."
        ),
    ),
    "step_opportunity": (
        N_("Opportunity"),
        N_("Of those that became MQL by it: those that have reached an opportunity since."),
    ),
    "step_won": (
        N_("Won"),
        N_("Of those that became MQL by it: those that have become customers since."),
    ),
}
"""Key → name, and what it means."""
