"""``/console/scoring-settings``: what leads do and who they are in points, in a form, with what the
rules would make of today's leads beside it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fastapi.concurrency import run_in_threadpool
from markupsafe import escape
from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement

from domain.access import Action
from domain.authoring.yaml_source import Path
from domain.scoring.policy import LETTERS, LEVELS, MEANINGS, ScoringPolicy
from domain.scoring.scoring_form import form_of, with_form
from store.published.published_texts import PublishedText
from store.publishing.consequences import forecast_of
from store.publishing.known_attributes import attribute_names
from store.scoring.rule_counts import LeadSample, figures_of_rules, sample_of_leads
from web.console.marketing.checking import check_open
from web.console.marketing.publishing import MEANT
from web.console.marketing.scoring_forecast import ScoringForecast
from web.console.marketing.scoring_rules import FIRED_DAYS, RuleRows
from web.console.pages import console_page
from web.console.parts import quiet, section, show
from web.console.sales.policy_form import Fields, PolicyForm, policy_to_change
from web.console.visit import PageVisit
from web.console.words import N_, _

PAUSE_SECONDS = 0.8
"""So long after the last change the forecast is made."""
LOOKED_AT = 2_000
"""Leads of whom the forecast is made while somebody changes rules; before publishing it is made of
all."""
COUNTED = 20_000
"""Leads of whom is counted what the rules in force do."""
LEVEL_NAMES = {1: N_("1 (most)"), 2: "2", 3: "3", 4: N_("4 (least)")}


@console_page("/scoring-settings", Action.PUBLISH, N_("Scoring"))
async def scoring_settings(visit: PageVisit) -> None:
    """What ``scoring.yaml`` says, for whoever publishes it."""
    published, rules = await policy_to_change(visit, ScoringPolicy)
    names = await visit.read(attribute_names)
    suggested = {path: sorted(known) for path, known in names.items()}
    ScoringSettings(visit, published, rules, suggested).build()


class ScoringSettings:
    """The form as it is open."""

    def __init__(
        self,
        visit: PageVisit,
        published: PublishedText,
        rules: ScoringPolicy,
        suggested: Mapping[str, Sequence[str]],
    ) -> None:
        self.visit, self._published = visit, published
        self._in_force = rules
        self._begun, self.form = form_of(rules), form_of(rules)
        self._rules = RuleRows(self.form, suggested, self._edited)
        self._ahead = ScoringForecast()
        self._sample: LeadSample | None = None
        self._fields: dict[Path, ValidationElement[Any]] = {}
        self._turn = 0
        self._due: float | None = None

    def build(self) -> None:
        """All of it, where the page is being built."""
        self._policy = PolicyForm(
            self.visit,
            "scoring",
            self._published,
            lambda data: with_form(data, self._begun, self.form),
            self._where,
            whole=self._rules.whole,
            doubles=self._rules.doubles,
        )
        with ui.element("div").classes("writing scoring"):
            with ui.element("div").classes("stack"):
                with section(_("What leads do")):
                    first = _(
                        "The first rule that fits what a lead does gives its points: the special "
                        "stands above the general. What machines do never counts."
                    )
                    show(quiet(first), "p")
                    self._rules.build_interest()
                with section(_("Who leads are")):
                    every = _(
                        "Every rule that fits a lead adds its points. What is not known adds "
                        "nothing and takes nothing away."
                    )
                    show(quiet(every), "p")
                    self._rules.build_fit()
            with ui.element("div").classes("stack"):
                with section(_("With these rules")):
                    self._ahead.build()
                with section(_("Thresholds")):
                    self._thresholds()
        ui.timer(0.1, self._count, once=True)
        ui.timer(PAUSE_SECONDS / 2, self._tick)

    async def _count(self) -> None:
        """What the rules in force do, told once the form is there to be worked with."""
        sample = self._sample = await self.visit.read(sample_of_leads, COUNTED)
        await self._look_ahead()
        now = self.visit.context.clock.now()
        since = now - timedelta(days=FIRED_DAYS)
        found = await self.visit.read(figures_of_rules, sample.ids, self._in_force, since, now)
        self._rules.tell_fired(found.fired if found else None)
        self._ahead.tell_points(found.points if found else None, sample, self.form)

    def _where(self) -> Fields:
        return self._fields | self._rules.fields

    def _edited(self) -> None:
        self._turn += 1
        self._due = time.monotonic() + PAUSE_SECONDS

    async def _tick(self) -> None:
        if self._due is not None and time.monotonic() >= self._due:
            self._due = None
            self._ahead.draw(self.form)
            await self._look_ahead()

    async def _look_ahead(self) -> None:
        if self._sample is None:
            return
        turn, ids = self._turn, self._sample.ids[:LOOKED_AT]
        text = await run_in_threadpool(self._policy.written)
        checked = await check_open(self.visit, "policy", "scoring", text)
        if checked.problems or self._rules.doubles():
            self._ahead.tell_none()
            self._rules.tell(None)
            return
        now = self.visit.context.clock.now()
        found = await self.visit.read(forecast_of, checked, now, ids)
        if turn == self._turn:
            of_all = self._sample.all and len(ids) == len(self._sample.ids)
            self._ahead.tell(found, sampled=not of_all)
            self._rules.tell(found)

    def _thresholds(self) -> None:
        with ui.element("fieldset").classes("setting"):
            show(escape(_("Interest begins at so many points")), "legend")
            for level in self.form.levels:
                self._floor(("levels", level), LEVEL_NAMES[int(level)], self.form.levels, level)
        with ui.element("fieldset").classes("setting"):
            show(escape(_("Fit begins at so many points")), "legend")
            for letter in self.form.letters:
                self._floor(("letters", letter), letter, self.form.letters, letter)
        self._matrix()
        with ui.element("fieldset").classes("setting"):
            show(escape(_("Time")), "legend")
            for name, label in (
                ("half_life", _("Interest is worth half after")),
                ("hot_within", _("A hot lead is told of if it did something within")),
            ):
                self._span(name, label)
            self._per_hour()

    def _floor(self, path: Path, name: str, floors: dict[str, int | None], key: str) -> None:
        field = ui.number(_(name), value=floors[key], precision=0)
        field.props("outlined dense").classes("short")

        def kept() -> None:
            floors[key] = None if field.value is None else int(field.value)
            self._edited()

        field.on_value_change(kept)
        self._fields[path] = field

    def _matrix(self) -> None:
        with ui.element("fieldset").classes("setting"):
            show(escape(_("What interest and fit mean together")), "legend")
            with ui.element("div").classes("grid-of").style("--columns: 4"):
                show(escape(_("Fit")), "b")
                for level in LEVELS:
                    show(escape(_("Interest {level}", level=level)), "b")
                for letter in LETTERS:
                    show(escape(letter), "b")
                    for at, level in enumerate(LEVELS):
                        self._cell(letter, at, level)

    def _cell(self, letter: str, at: int, level: int) -> None:
        row = self.form.matrix[letter]
        field = ui.select({one: _(MEANT[one]) for one in MEANINGS}, value=row[at])
        field.props("outlined dense options-dense")
        field.props["aria-label"] = _("Fit {letter}, interest {level}", letter=letter, level=level)

        def kept() -> None:
            row[at] = str(field.value)
            self._edited()

        field.on_value_change(kept)
        self._fields["matrix", letter, at] = field

    def _span(self, name: str, label: str) -> None:
        field = ui.input(label, value=getattr(self.form, name)).props("outlined dense")

        def kept() -> None:
            setattr(self.form, name, (field.value or "").strip())
            self._edited()

        field.on_value_change(kept)
        self._fields[name,] = field.classes("action")

    def _per_hour(self) -> None:
        field = ui.number(
            _("Leads that go to sales in an hour"),
            value=self.form.backlog_per_hour,
            precision=0,
            min=1,
        )
        field.props("outlined dense").classes("action")

        def kept() -> None:
            self.form.backlog_per_hour = None if field.value is None else int(field.value)
            self._edited()

        field.on_value_change(kept)
        self._fields["backlog_per_hour",] = field
