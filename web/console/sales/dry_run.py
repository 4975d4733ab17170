"""What another routing would have done with last month's leads, as a manager reads it."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from store.routing.dry_run import MovedLead, RoutingDryRun
from web.console import labels
from web.console.parts import link, quiet, table
from web.console.words import _, ngettext


def dry_run_shown(found: RoutingDryRun) -> Markup:
    """How many leads would have gone to whom, before and after."""
    if not found.of:
        return _said(_("No lead came to sales in the last month, so nothing can be tried."))
    lines = [
        ngettext(
            "1 lead of the last month would have gone to somebody else.",
            "{number} leads of the last month would have gone to somebody else.",
            found.differ,
        )
        if found.differ
        else _("Every lead of the last month would have gone to the same person.")
    ]
    if found.nobody_after:
        lines.append(
            ngettext(
                "Nobody would have got 1 lead (now {before}).",
                "Nobody would have got {number} leads (now {before}).",
                found.nobody_after,
                before=f"{found.nobody_before:,}",
            )
        )
    if found.leads < found.of:
        lines.append(
            _(
                "Only {tried} of {number} leads were tried: all of them would take too long.",
                tried=f"{found.leads:,}",
                number=f"{found.of:,}",
            )
        )
    about = _("As if everybody had been at work, with the open leads that they have today.")
    shares = table(
        [_("Rep"), _("Now"), _("With the new rules")],
        [(labels.person(one.rep), f"{one.before:,}", f"{one.after:,}") for one in found.shares],
        caption=_("Leads of the last month by rep"),
        numbers=(1, 2),
    )
    return (
        Markup().join(map(_said, lines))
        + shares
        + _leads(_("Nobody would have got"), found.unserved)
        + _leads(_("Would have gone to somebody else"), found.moved)
        + _said(quiet(about))
    )


def _leads(title: str, leads: Iterable[MovedLead]) -> Markup:
    rows = Markup().join(
        Markup("<li>{} {} → {}</li>").format(
            link(one.name, f"/leads/{one.lead_id}"), _who(one.before), _who(one.after)
        )
        for one in leads
    )
    if not rows:
        return Markup()
    return Markup('<details><summary>{}</summary><ul class="rows">{}</ul></details>').format(
        title, rows
    )


def _who(code: str) -> str:
    return labels.person(code) if code else _("Nobody")


def _said(sentence: str) -> Markup:
    return Markup("<p>{}</p>").format(sentence)
