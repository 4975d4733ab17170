"""What the figures of deliverability, data quality and anomalies mean, as ``docs/figures.md`` says
it."""

from __future__ import annotations

from collections.abc import Mapping

from web.console.words import N_

DEFINITIONS_OF_DATA: Mapping[str, tuple[str, str]] = {
    "sent": (
        N_("Mails sent"),
        N_(
            "Mails that a provider or a server took, and those that bounced; by the week in which "
            "they were sent, whenever the rest was heard of."
        ),
    ),
    "delivered": (
        N_("Delivered"),
        N_("Mails that a provider reports as delivered; plain mail servers don't tell."),
    ),
    "bounced": (
        N_("Bounced"),
        N_("Mails that came back or were refused for good, whatever the reason."),
    ),
    "bounce_rate": (
        N_("Bounce rate"),
        N_("Bounced / sent. Of fewer than 20 mails there is none."),
    ),
    "complained": (N_("Complained"), N_("Mails that their readers called spam.")),
    "unsubscribed": (
        N_("Unsubscribed"),
        N_("Mails after which their readers asked for no more."),
    ),
    "leads": (N_("Leads"), N_("All leads as they are now, but for people who were erased.")),
    "without_owner": (
        N_("Without owner"),
        N_("Leads that no rep owns; while marketing has them, that is as it should be."),
    ),
    "in_sales_without_owner": (
        N_("Of them with sales"),
        N_("Leads that were handed over to sales and wait for a rep."),
    ),
    "without_country": (
        N_("Without country"),
        N_("Leads whose country nobody said: no territory and no calendar of holidays fits them."),
    ),
    "without_time_zone": (
        N_("Without time zone"),
        N_("Leads of whom neither a file nor a country says where they are."),
    ),
    "came": (N_("Came"), N_("How many came in these days.")),
    "usual_before": (
        N_("Usual"),
        N_(
            "The median of the same weekdays in up to 24 weeks before. What is far below it, more "
            "than chance brings once in ten months of all series together, has stopped."
        ),
    ),
    "span": (
        N_("Days observed"),
        N_("Days that were looked at together, the last of them included."),
    ),
}
"""Key → name, and what it means."""
