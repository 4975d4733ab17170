"""``/console/leads/{lead_id}``: one lead; who, why here, what next, and everything so far."""

from __future__ import annotations

from datetime import date, datetime

from markupsafe import Markup, escape
from nicegui import ui

from domain.access import Action
from domain.contracts.journey import ENDED, journey_id
from domain.contracts.tasks import TaskKind
from domain.refusals import Refusal
from services.access import found, may_see
from store.health import kept_for_journey
from store.identities.merged_leads import merged_into
from store.scoring.campaign_touches import CampaignTouchLine
from store.views.assignments import assignments_of
from store.views.journey_waits import journey_next
from store.views.lead_page import EnrolledBy, LeadView, Scheduled, lead_view
from web.api import leads as leads_api
from web.console import labels
from web.console.frame import name_page
from web.console.inbox.task import KEPT
from web.console.leads import score as lead_score
from web.console.leads.actions import Actions
from web.console.leads.assignments import ASSIGNMENTS, assignments_shown
from web.console.leads.duplicates import LikelyDuplicates
from web.console.leads.person import PersonPart
from web.console.leads.reach import reach_by
from web.console.leads.timeline import Timeline
from web.console.pages import console_page
from web.console.parts import Cell, badge, empty, facts, link, quiet, section, show, table
from web.console.refusals import told, worded
from web.console.times import ago, hour, moment
from web.console.visit import PageVisit
from web.console.words import N_, _
from web.console.workflow_links import workflow_link

ASK_AGAIN = 5.0
"""Seconds after which a journey is asked again that could not be asked."""
SOON = 1.5
"""Seconds in which a journey has heard what it was told."""
KINDS = {
    "step": N_("Cadence"),
    "task": N_("Task"),
    "meeting": N_("Meeting"),
    "return": N_("Comes back"),
    "renewal": N_("Renewal"),
    "upsell": N_("Upsell"),
}
"""What may be scheduled."""


@console_page("/leads/{lead_id}", Action.READ_LEADS, N_("Lead"))
async def lead(visit: PageVisit, lead_id: int) -> None:
    """A lead that the visitor sees."""
    if into := await visit.read(merged_into, [lead_id]):
        empty(
            _("This lead was merged into another one."),
            link(_("Open that one"), f"/leads/{into[lead_id]}"),
        )
        return
    await visit.read(may_see, visit.caller, lead_id)
    await LeadScreen(visit, lead_id).open()


class LeadScreen:
    """The page as it is open. What Temporal says comes after the rest is shown."""

    def __init__(self, visit: PageVisit, lead_id: int) -> None:
        self.visit, self.lead_id = visit, lead_id

    async def open(self) -> None:
        """Build the page."""
        with self.visit.top:
            self._actions = Actions(self.visit, self._changed)
        self._head = show(Markup())
        self._duplicates = LikelyDuplicates(self.visit, self.lead_id, self._changed)
        with ui.element("div").classes("columns") as self._page:
            with ui.element("div"):
                with section(_("Why here, what next and when")):
                    self._why = show(Markup())
                    self._next = show(Markup(), "p").props('role="status"')
                    self._scheduled = show(Markup())
                with section(_("Why this owner")):
                    self._whose = show(Markup())
                with section(_("What happened")):
                    self._timeline = Timeline(self.visit, self.lead_id)
            with ui.element("div"):
                with section(_("Score")):
                    self._score = show(Markup())
                with section(_("Mail and consent")):
                    self._consent = show(Markup())
                with section(_("Person")):
                    self._person = PersonPart(self.visit, self.lead_id, self.refresh)
        await self.refresh()
        ui.timer(0.05, self._ask_journey, once=True)

    async def refresh(self) -> None:
        """Read everything anew, but what Temporal says."""
        now = self.visit.context.clock.now()
        view = found(
            await self.visit.read(lead_view, self.lead_id, now), _("There is no such lead.")
        )
        name_page(self.visit, view.name)
        self._head.set_content(_head(view, now))
        kept = await self.visit.read(kept_for_journey, journey_id(self.lead_id))
        self._why.set_content(_why(view) + (_kept() if kept else Markup()))
        self._scheduled.set_content(self._to_come(view))
        self._whose.set_content(
            assignments_shown(
                await self.visit.read(assignments_of, self.lead_id, limit=ASSIGNMENTS + 1)
            )
        )
        self._score.set_content(lead_score.score(view))
        self._consent.set_content(lead_score.consent(view))
        await self._person.refresh(self._who(view))
        await self._actions.refresh(view)
        await self._timeline.refresh()
        await self._duplicates.refresh()

    async def _changed(self) -> None:
        """Something was done: the rows say so now, the journey in a moment."""
        await self.refresh()
        with self._page:
            ui.timer(SOON, self._look_again, once=True)

    async def _look_again(self) -> None:
        await self.refresh()
        await self._ask_journey()

    async def _ask_journey(self) -> None:
        try:
            said = (await self.visit.ask(leads_api.show_journey, self.lead_id)).journey
        except Refusal as away:
            self._actions.journey(paused=None)
            self._tell(
                _("The journey can't be asked now, so what comes next is not known."),
                told(str(away)),
            )
            with self._page:
                ui.timer(ASK_AGAIN, self._ask_journey, once=True)
            return
        if said is None:
            self._actions.journey(paused=None, running=False)
            self._tell(_("No journey is running."), "")
            return
        self._actions.journey(paused=said.paused)
        mark = badge(_("Paused"), "warn") if said.paused else Markup()
        following = worded(await self.visit.read(journey_next, said.wait))
        self._next.set_content(
            Markup("{} <strong>{}</strong> {}").format(mark, _("Next"), following)
        )

    def _tell(self, sentence: str, why: str) -> None:
        self._next.set_content(Markup("{} {}").format(sentence, quiet(why)))

    def _to_come(self, view: LeadView) -> Markup:
        # What only the journey waits for, such as the time of a call, stands above.
        if not view.scheduled:
            return Markup()
        return table(
            (_("When"), _("What"), _("Who")),
            [self._scheduled_row(one) for one in view.scheduled],
            caption=_("What is scheduled"),
        )

    def _scheduled_row(self, one: Scheduled) -> tuple[Cell, ...]:
        what: Cell = one.what
        if one.kind == "task":
            what = labels.task_kind(one.what)
            if self.visit.may(Action.READ_TASKS):
                what = link(what, f"/tasks/{one.ref}")
        elif one.kind in ("meeting", TaskKind.RENEWAL, TaskKind.UPSELL):
            what = ""
        kind = _(KINDS.get(one.kind, one.kind))
        put_off = badge(_("put off"), "warn") if one.put_off else ""
        return (
            _when(one.at),
            Markup("{} {} {}").format(kind, what, put_off),
            labels.person(one.owner),
        )

    def _who(self, view: LeadView) -> Markup:
        settings = self.visit.context.settings
        name = journey_id(view.id)
        is_ops = self.visit.may(Action.READ_SYSTEM)
        workflow = workflow_link(settings, name, name) if is_ops else ""
        own = [(labels.attribute(key), str(value)) for key, value in view.attributes.items()]
        return facts(
            [
                (_("Country"), labels.country(view.country)),
                (_("Language"), labels.spoken(view.language)),
                (_("Time zone"), view.time_zone),
                (_("Source"), view.source),
                (_("First touch"), _came_by(view.came_by.first)),
                (_("Last touch"), _came_by(view.came_by.last)),
                (_("Segments"), _segments(view)),
                (_("Workflow"), workflow),
                *sorted(own),
            ]
        )


def _segments(view: LeadView) -> Markup:
    return Markup(", ").join(
        link(title, f"/segments/{name}") for name, title in view.segments.items()
    )


def _came_by(touch: CampaignTouchLine | None) -> Cell:
    """What the link said by which it came, and when."""
    if touch is None:
        return ""
    said = (touch.source, touch.medium, touch.campaign, touch.content, touch.term)
    return Markup("{} {}").format(" / ".join(one for one in said if one), quiet(moment(touch.at)))


def _head(view: LeadView, now: datetime) -> Markup:
    company = link(view.company, f"/accounts/{view.account_id}") if view.account_id else ""
    about = Markup(", ").join(part for part in (escape(view.title), company) if part)
    grade = f"{view.score.score} {view.score.standing.grade}" if view.score else ""
    clock = _("{time} there", time=hour(now, view.time_zone))
    marks = [
        badge(labels.stage(view.stage), "good"),
        badge(_("Score {score}", score=grade)) if grade else "",
        badge(_("Cycle {number}", number=view.cycle)) if view.cycle > 1 else "",
        badge(_("gets no mail"), "bad") if view.suppressed else "",
        badge(_("no e-mail address"), "warn") if not view.email else "",
        badge(_("do-not-market"), "warn") if view.do_not_market else "",
        badge(clock, "quiet"),
    ]
    owner = view.owner_name or view.owner
    return Markup(
        '<div class="who part"><div><p>{}</p><p class="marks">{}</p>'
        '<p class="reach">{}</p></div><div><span class="quiet">{}</span> {}</div></div>'
    ).format(
        about or _("No company known"),
        Markup().join(mark for mark in marks if mark),
        reach_by(view.phone, view.email),
        _("Owner"),
        link(owner, "/leads", owner=view.owner) if owner else _("Nobody"),
    )


def _why(view: LeadView) -> Markup:
    if not view.phase:
        begun = _("The journey of this lead has not begun.")
        by_phone = _("Without an e-mail address no mail can go to it: have it called.")
        return Markup("<p>{} {}</p>").format(begun, "" if view.email else by_phone)
    since = _("since {time}", time=ago(view.phase_since)) if view.phase_since else ""
    phase = _("The journey is over") if view.phase == ENDED else labels.phase(view.phase)
    lines = Markup("<p><strong>{}</strong>: {} {}</p>").format(
        phase, labels.reason(view.phase_reason), quiet(since)
    )
    if view.enrolled:
        lines += _enrolled(view.enrolled)
    if view.return_cadence:
        back = _("Sales chose {cadence} for its return.", cadence=view.return_cadence)
        lines += Markup("<p>{}</p>").format(back)
    return lines


def _enrolled(one: EnrolledBy) -> Markup:
    said = _("{who} enrolled it in {cadence}.", who=labels.person(one.by), cadence=one.cadence)
    if one.way != "hand":
        way = labels.entry_way(one.way, one.what)
        said = _("It entered {cadence} by itself: {way}.", cadence=one.cadence, way=way)
    return Markup("<p>{} {}</p>").format(link(said, f"/enrollments/{one.run}"), quiet(one.why))


def _kept() -> Markup:
    return Markup('<p class="over">{}</p>').format(_(KEPT))


def _when(at: datetime | date | None) -> Cell:
    if at is None:
        return _("as soon as it can")
    return moment(at) if isinstance(at, datetime) else at.isoformat()
