"""Why a lead is with whom it is: each hand-over with the rule and the facts of that time."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from store.views.assignments import AssignmentLine
from web.console import labels
from web.console.parts import Cell, quiet, table
from web.console.refusals import worded
from web.console.times import moment
from web.console.words import _

ASSIGNMENTS = 10
"""How many hand-overs are shown; the timeline has all."""


def assignments_shown(found: Sequence[AssignmentLine]) -> Markup:
    """The last hand-over, and those before it behind a click."""
    if not found:
        return Markup('<p class="empty">{}</p>').format(_("It has never been in sales' hands."))
    shown = _one(found[0])
    if len(found) > 1:
        earlier = Markup().join(_one(one) for one in found[1:ASSIGNMENTS])
        shown += Markup("<details><summary>{}</summary>{}</details>").format(
            _("Earlier hand-overs"), earlier
        )
    return shown


def _one(one: AssignmentLine) -> Markup:
    said = [worded(part) for part in one.why]
    owner = labels.person(one.owner) or _("Nobody")
    head = Markup("<p><strong>{}</strong> {} {}</p>").format(
        owner, quiet(labels.cause(one.cause)), moment(one.at)
    )
    lines = Markup().join(Markup("<p>{}</p>").format(line) for line in said)
    return head + lines + _considered(one)


def _considered(one: AssignmentLine) -> Markup:
    looked_at = one.facts.considered
    if not looked_at:
        return Markup()
    title = _("Who was asked")
    rows: list[tuple[Cell, ...]] = [
        (
            labels.person(rep.rep),
            labels.standing(rep.standing),
            _("{open} of {cap}", open=f"{rep.open_leads:,}", cap=f"{rep.cap:,}")
            if rep.weight
            else "–",
            f"{rep.given:,}" if rep.weight else "–",
            f"{rep.weight:,}" if rep.weight else "–",
        )
        for rep in looked_at
    ]
    headings = (_("Rep"), _("Result"), _("Open leads"), _("Leads so far"), _("Weight"))
    shown = table(headings, rows, caption=title, numbers=(2, 3, 4))
    version = quiet(_("Team policy, version {version}", version=one.facts.version))
    return Markup("<details><summary>{}</summary>{}{}</details>").format(title, shown, version)
