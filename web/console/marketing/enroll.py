"""The dialog that enrolls leads in a cadence: what would happen stands in it before it does."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape
from nicegui import ui

import services.enrollments
from domain.refusals import Invalid, Refusal
from domain.sentences import sentence
from services.enrollment_forecast import EnrollmentForecast, MailsInHour, StaysOut
from services.enrollments import Enrolling, LeadsByIds
from store.journeys.enrollment_runs import EnrollmentRunLine
from store.published.cadences import enterable_cadences
from web.console import labels
from web.console.forms import FormDialog
from web.console.frame import say_done
from web.console.parts import quiet, show, table
from web.console.refusals import told
from web.console.times import hour, weekday
from web.console.visit import PageVisit
from web.console.words import N_, _, ngettext

AT_ONCE, AN_HOUR, A_DAY = "", "per_hour", "per_day"
PACES = {AT_ONCE: N_("All at once"), AN_HOUR: N_("So many an hour"), A_DAY: N_("So many a day")}
FIRST_PACE = 100
NAMED = 5
"""Leads that are named for each reason to stay out."""
HOURS = 24
"""Hours of first mails that are shown."""


async def enroll_leads(visit: PageVisit, leads: Sequence[int]) -> None:
    """Ask into which cadence and how fast, show what would happen, do it, and go to the run."""
    cadences = await visit.read(enterable_cadences)
    number = len(leads)
    title = ngettext("Enroll 1 lead", "Enroll {number} leads", number)
    with FormDialog(title, wide=True) as form:
        asked = _EnrollForm(visit, leads, cadences, form)
    await asked.look()
    run = await form.sent(_("Enroll"), asked.enroll)
    if run is not None:
        say_done(
            ngettext(
                "1 lead enters {cadence}.",
                "{number} leads enter {cadence}.",
                run.waiting,
                cadence=run.cadence,
            )
        )
        ui.navigate.to(f"/enrollments/{run.id}")


@dataclass
class _EnrollForm:
    """What is asked, and what would come of it."""

    visit: PageVisit
    leads: Sequence[int]
    cadences: Sequence[str]
    form: FormDialog

    def __post_init__(self) -> None:
        self._looking = self._changed = False
        # Sent again after an answer that got lost, it is the same run.
        self._key = f"console:{uuid.uuid4()}"
        self._cadence = self.form.field(
            "cadence",
            ui.select(
                list(self.cadences),
                label=_("Cadence"),
                on_change=self.look,
            ),
        )
        self._replaces = ui.checkbox(
            _("Take leads out of other cadences for it"), on_change=self.look
        )
        with ui.element("div").classes("stack pairs"):
            self._pace = ui.select(
                {name: _(said) for name, said in PACES.items()},
                label=_("How fast"),
                value=AT_ONCE,
                on_change=self.look,
            )
            self._number = self.form.field(
                "per_day",
                ui.number(
                    _("How many"), value=FIRST_PACE, min=1, precision=0, on_change=self.look
                ).props("debounce=400"),
            )
        self.form.field("per_hour", self._number)
        self._number.bind_visibility_from(self._pace, "value", backward=bool)
        self._reason = ui.input(_("Why")).props("maxlength=2000")
        self._told = show(Markup()).props('role="status"').classes("would")

    def asked(self) -> Enrolling:
        """What the fields say."""
        pace, number = str(self._pace.value or ""), int(self._number.value or 0)
        return Enrolling(
            leads=LeadsByIds(self.leads),
            replaces=bool(self._replaces.value),
            per_hour=number if pace == AN_HOUR else None,
            per_day=number if pace == A_DAY else None,
            reason=str(self._reason.value or ""),
            key=self._key,
        )

    async def look(self) -> None:
        """Show what would happen by the fields as they are. While one dry run is under way no other
        begins: what is changed meanwhile is tried after it."""
        self._changed = True
        if self._looking:
            return
        self._looking = True
        try:
            while self._changed:
                self._changed = False
                said = await self._would()
                if not self._changed:
                    self._told.set_content(said)
        finally:
            self._looking = False

    async def _would(self) -> Markup:
        cadence = str(self._cadence.value or "")
        if not cadence:
            first = _("Choose a cadence.") if self.cadences else _("No cadence is published.")
            return escape(first)
        try:
            would = await self.visit.read(
                services.enrollments.dry_run, self.visit.context, cadence, self.asked()
            )
        except Refusal as refusal:
            return Markup('<p class="wrong">{}</p>').format(told(str(refusal)))
        return forecast_shown(would)

    async def enroll(self) -> EnrollmentRunLine:
        """Do it."""
        cadence = str(self._cadence.value or "")
        if not cadence:
            raise Invalid(sentence("Choose a cadence."), "cadence")
        return await self.visit.act(services.enrollments.enroll, cadence, self.asked())


def forecast_shown(would: EnrollmentForecast) -> Markup:
    """What enrolling would do."""
    parts = [
        Markup("<p><strong>{}</strong> {}</p>").format(
            ngettext("1 lead enters.", "{number} leads enter.", would.entering),
            _from_where(would),
        )
    ]
    if would.stays_out:
        parts.append(_stay_out(would.stays_out))
    if would.first_mails:
        parts.append(_first_mails(would.first_mails))
    for kind, number in would.without_mail.items():
        parts.append(Markup("<p>{}</p>").format(_without_mail(kind, number)))
    if would.languages:
        parts.append(Markup("<p>{}</p>").format(_languages(would)))
    if would.last_entry and would.last_entry != would.first_entry:
        last = _("The last one enters on {time}.", time=_when(would.last_entry))
        parts.append(Markup("<p>{}</p>").format(last))
    return Markup().join(parts)


def _languages(would: EnrollmentForecast) -> str:
    """In which language how many are written to, and who gets another than their own."""
    counts = ", ".join(
        f"{labels.spoken(code)} {number:,}" for code, number in would.languages.items()
    )
    said = [_("Languages of their mails: {counts}.", counts=counts)]
    for code, number in would.other_languages.items():
        said.append(
            ngettext(
                "1 of them speaks {language}, in which there are no mails.",
                "{number} of them speak {language}, in which there are no mails.",
                number,
                language=labels.spoken(code),
            )
        )
    return " ".join(said)


def _from_where(would: EnrollmentForecast) -> str:
    said = []
    if would.at_rest:
        said.append(ngettext("1 of them rests now.", "{number} of them rest now.", would.at_rest))
    for cadence, number in would.replaces.items():
        said.append(
            ngettext(
                "1 is taken out of {cadence}.",
                "{number} are taken out of {cadence}.",
                number,
                cadence=cadence,
            )
        )
    return " ".join(said)


def _stay_out(stays: Sequence[StaysOut]) -> Markup:
    """Why some don't enter; the names lead to the leads."""
    rows = []
    for one in stays:
        shown = one.examples[:NAMED]
        # In a tab of its own: what was typed stays.
        names = Markup(", ").join(
            Markup('<a href="/console/leads/{}" target="_blank">{}</a>').format(
                lead.id, lead.name or f"#{lead.id}"
            )
            for lead in shown
        )
        if one.leads > len(shown):
            ids = [("lead", lead.id) for lead in one.examples]
            query = "&".join(f"{name}={value}" for name, value in ids)
            names += Markup(' <a href="/console/leads?{}" target="_blank">…</a>').format(query)
        rows.append((labels.why_not(one.why), one.leads, names))
    return table(
        (_("Why not"), _("Leads"), _("Such as")),
        rows,
        caption=_("Who stays out"),
        numbers=(1,),
    )


def _first_mails(mails: Sequence[MailsInHour]) -> Markup:
    days: dict[str, list[MailsInHour]] = {}
    for one in mails:
        days.setdefault(weekday(one.at), []).append(one)
    rows = [
        (
            day,
            sum(one.mails for one in hours),
            quiet(", ".join(f"{hour(one.at)}: {one.mails:,}" for one in hours[:HOURS])),
        )
        for day, hours in days.items()
    ]
    return table(
        (_("Day"), _("First mails"), _("By hour")),
        rows,
        caption=_("When the first mails go"),
        numbers=(1,),
    )


def _without_mail(kind: str, number: int) -> str:
    if kind == "task":
        return ngettext(
            "For 1 lead a person has work first.",
            "For {number} leads a person has work first.",
            number,
        )
    if kind == "exit":
        return ngettext(
            "1 lead leaves again at once: no step is for it.",
            "{number} leads leave again at once: no step is for them.",
            number,
        )
    return ngettext(
        "For 1 lead it is decided later which mail comes first.",
        "For {number} leads it is decided later which mail comes first.",
        number,
    )


def _when(at: datetime) -> str:
    return f"{weekday(at)} {hour(at)}"
