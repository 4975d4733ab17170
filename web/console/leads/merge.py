"""``/console/leads/{lead_id}/merge/{other_id}``: what becomes of two leads, whose values win."""

from __future__ import annotations

from markupsafe import Markup, escape
from nicegui import ui

import services.duplicates
from domain.access import Action
from domain.contracts.journey import ENDED
from domain.refusals import Refusal
from store.matching.merge_preview import MergeField, MergePreview, MergeSide
from web.api import duplicates as duplicates_api
from web.console import labels
from web.console.admin.erase import TABLES
from web.console.frame import say_done
from web.console.leads.duplicates import marks
from web.console.pages import console_page
from web.console.parts import Cell, badge, busy, button, go, link, section, show, table
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import N_, _

ALONG = {
    "engagement": N_("Events: pages, links and answers"),
    "touch": N_("Mails and other touches"),
    "meeting": N_("Meetings"),
    "opportunity": N_("Opportunities"),
    "task": N_("Tasks"),
    "inbound_message": N_("Mails received"),
    "enrollment": N_("Cadences it went through"),
    "stage_transition": N_("Steps of its journey"),
    "assignment": N_("Who it belonged to"),
    "lead_feedback": N_("What sales said of it"),
    "visitor": N_("Visits to the web site"),
}
"""Table → what goes along, where people would ask for it; the rest is one number."""


@console_page("/leads/{lead_id}/merge/{other_id}", Action.MERGE_LEADS, N_("Merge two leads"))
async def merge(visit: PageVisit, lead_id: int, other_id: int) -> None:
    """Two leads that the visitor sees."""
    found = await visit.ask(duplicates_api.preview_merge, lead_id, other_id)
    _Merge(visit, found).build()


class _Merge:
    """The page as it is open, and what was chosen so far."""

    def __init__(self, visit: PageVisit, found: MergePreview) -> None:
        self.visit, self.found = visit, found
        self.values = {field.name: field.wins for field in found.fields}

    def build(self) -> None:
        """The page."""
        found = self.found
        show(
            Markup("<p>{} {}</p>").format(
                _(
                    "{kept} goes on, and {other} becomes a part of it.",
                    kept=_called(found.kept),
                    other=_called(found.other),
                ),
                marks(found.why),
            )
        )
        with ui.element("div").classes("columns"):
            with ui.element("div"):
                with section(_("Which value wins")):
                    self._fields()
                with section(_("Merge")):
                    self._wrong = ui.element("div").props('role="alert"')
                    if found.refused:
                        self._tell(told(found.refused))
                    with ui.element("div").classes("acts"):
                        if not found.refused:
                            self._do = button(_("Merge"), self._merging, main=True)
                        go(
                            _("Keep the other one"),
                            f"/leads/{found.other.id}/merge/{found.kept.id}",
                        )
                        go(_("Back to the lead"), f"/leads/{found.kept.id}")
            with ui.element("div"):
                with section(_("The two leads")):
                    show(_sides(found))
                if not found.refused:
                    with section(_("What happens")):
                        show(_happens(found))

    def _fields(self) -> None:
        if not self.found.fields:
            show(Markup("<p>{}</p>").format(_("They differ in nothing.")))
        for field in self.found.fields:
            options = {
                self.found.kept.id: self._shown(field, field.kept),
                self.found.other.id: self._shown(field, field.other),
            }
            name = labels.merge_field(field.name)
            with ui.element("fieldset").classes("one-of"):
                show(escape(name), "legend")
                chosen = ui.radio(
                    options,
                    value=field.wins,
                    on_change=lambda event, name=field.name: self.values.update(
                        {name: int(event.value)}
                    ),
                )
                chosen.props(f'inline aria-label="{escape(name)}"')

    @staticmethod
    def _shown(field: MergeField, value: str) -> str:
        if not value:
            return _("nothing")
        match field.name:
            case "country":
                return labels.country(value)
            case "language":
                return labels.spoken(value)
        return value

    async def _merging(self) -> None:
        kept, other = self.found.kept, self.found.other
        try:
            with busy(self._do):
                await self.visit.act(services.duplicates.merge, kept.id, other.id, self.values)
        except Refusal as refusal:
            self._tell(told(str(refusal)))
            return
        say_done(_("{name} is one lead now.", name=kept.name))
        ui.navigate.to(f"/leads/{kept.id}")

    def _tell(self, wrong: str) -> None:
        self._wrong.clear()
        with self._wrong:
            show(escape(wrong), "p").classes("wrong")


def _sides(found: MergePreview) -> Markup:
    kept, other = found.kept, found.other
    rows: list[tuple[Cell, Cell, Cell]] = [
        (_("Lead"), _named(kept), _named(other)),
        (_("Stage"), labels.stage(kept.stage), labels.stage(other.stage)),
        (_("Journey"), _journey(kept), _journey(other)),
        (_("Owner"), labels.person(kept.owner), labels.person(other.owner)),
        (_("Score"), kept.score, other.score),
        (_("Mail"), _mail(kept.suppressed), _mail(other.suppressed)),
    ]
    return table(("", _("Goes on"), _("Goes away")), rows, caption=_("The two leads"))


def _called(side: MergeSide) -> str:
    # Both often have the same name, which may be written from right to left: it stands apart.
    return f"\u2068{side.name}\u2069 (#{side.id})"


def _named(side: MergeSide) -> Markup:
    return link(_called(side), f"/leads/{side.id}")


def _journey(side: MergeSide) -> str:
    if not side.phase:
        return _("has not begun")
    return _("is over") if side.phase == ENDED else labels.phase(side.phase)


def _mail(suppressed: str) -> Cell:
    return badge(labels.suppression(suppressed), "bad") if suppressed else _("gets mail")


def _happens(found: MergePreview) -> Markup:
    lines = [
        _("The journey of {name} goes on as it is.", name=_called(found.kept)),
        _(
            "The journey of {name} ends. What it had planned is not sent; open opportunities, "
            "booked meetings and tasks that stand for themselves go on with the merged lead.",
            name=_called(found.other),
        )
        if found.ends_journey
        else "",
        _("The score is counted anew from what both did."),
        _("It gets no mail: {why}. The stricter word of the two holds.", why=_why(found))
        if found.suppressed
        else "",
        _(
            "Replies, clicks and lists that name {email} reach the merged lead.",
            email=found.other.email,
        ),
        _("It can be undone for {days} days.", days=found.undo_days),
    ]
    known = {**TABLES, **ALONG}
    named = {name: rows for name, rows in found.rows.items() if name in ALONG}
    rest = sum(found.rows.values()) - sum(named.values())
    rows: list[tuple[Cell, Cell]] = [(_(known[name]), count) for name, count in named.items()]
    if rest:
        rows.append((_("Other rows"), rest))
    points = Markup().join(Markup("<li>{}</li>").format(line) for line in lines if line)
    along = table(
        (_("What goes along"), _("Rows")), rows, caption=_("What goes along"), numbers=(1,)
    )
    return Markup("<ul>{}</ul>{}").format(points, along if rows else "")


def _why(found: MergePreview) -> str:
    return labels.suppression(found.suppressed)
